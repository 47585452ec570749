"""GET /teach: what the service does, and the queue, which a teacher pauses, orders and clears."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core import run_queue
from app.core.disk_space import measure_disk
from app.core.outcomes import Fault
from app.core.pause import is_paused, set_paused
from app.core.today import count_today
from app.web.dependencies import DbSession, EngineJobs, FromOurForm, ThisPage
from app.web.teacher import Teacher
from app.web.workers_view import service_status

router = APIRouter(prefix="/teach")
# Each has a form of its own; a class that is evaluated again has hundreds.
SHOWN = 100


@router.get("")
def get_console(
    page: ThisPage, session: DbSession, jobs: EngineJobs, teacher: Teacher, runs: str = "", cancelled: str = ""
) -> HTMLResponse:
    """Today's counts, the queue, the workers with what each of them does, and the disk; `runs=all` cuts nothing off.

    `cancelled`: the submission whose run was just cancelled.
    """
    found = run_queue.active_runs(session, jobs)
    shown = found if runs == "all" else found[:SHOWN]
    return page.render(
        "teach.html",
        status=service_status(session, jobs),
        runs=shown,
        cancelled=cancelled if cancelled.isascii() and cancelled.isdigit() and len(cancelled) < 10 else "",
        more=len(found) - len(shown),
        running=sum(each.is_running for each in found),
        waiting=sum(not each.is_running for each in found),
        first=next((each.run.id for each in found if each.may_move), ""),
        last=found[-1].run.id if found else "",
        held={name: [each for each in found if each.holder == name] for name in {each.holder for each in found}},
        paused=is_paused(session),
        today=count_today(session, jobs),
        disk=measure_disk(),
        faults=Fault,
    )


@router.post("/queue/pause", dependencies=[FromOurForm])
def post_pause(session: DbSession, teacher: Teacher) -> RedirectResponse:
    """Let workers begin no new run."""
    set_paused(session, teacher, True)
    return RedirectResponse("/teach", 303)


@router.post("/queue/resume", dependencies=[FromOurForm])
def post_resume(session: DbSession, teacher: Teacher) -> RedirectResponse:
    """Let them again."""
    set_paused(session, teacher, False)
    return RedirectResponse("/teach", 303)


@router.post("/runs/{run_id}/move", dependencies=[FromOurForm])
def post_move(
    session: DbSession, jobs: EngineJobs, teacher: Teacher, run_id: str, to: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """Let a waiting run start earlier or later."""
    run_queue.move_run(session, jobs, teacher, run_id, to)
    return RedirectResponse("/teach#queue", 303)


@router.post("/runs/{run_id}/cancel", dependencies=[FromOurForm])
def post_cancel(
    page: ThisPage,
    session: DbSession,
    jobs: EngineJobs,
    teacher: Teacher,
    run_id: str,
    confirmed: Annotated[str, Form()] = "",
) -> Response:
    """Stop a run; it can be run again. Of one that is under way minutes are lost: that is asked about first."""
    found = None if confirmed else run_queue.find_under_way(session, jobs, run_id)
    if found is not None:
        return page.render("teach_cancel.html", each=found)
    number = run_queue.cancel_run(session, jobs, teacher, run_id).number
    return RedirectResponse(f"/teach?cancelled={number}#queue", 303)
