"""The runs that wait and are under way, as the teacher sees and orders them."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from app.core.audit import note
from app.core.errors import Conflict, InvalidFields, NotFound
from app.core.jobs import Jobs
from app.core.pause import is_paused
from app.core.queue_order import Move
from app.core.quotas import refund_stopped
from app.core.runs import ENDED, State, standing
from app.core.sentences import N_, Sentence
from app.core.tables import Run, Submission, User

NO_MOVE = N_("A run cannot move to “%(value)s”. Choose one of: %(choices)s.")
NO_RUN = N_("There is no such run.")
ENDED_ALREADY = N_("This run has ended; there is nothing to cancel.")
WAITS_NO_MORE = N_("This run waits in the queue no more: a worker has taken it, or it has ended.")


@dataclass(frozen=True)
class ActiveRun:
    """A run that waits or is under way, with its submission and author.

    `holder`: the worker process that the engine has given it to; None while nobody has it.
    """

    run: Run
    submission: Submission
    author: User
    holder: str | None

    @property
    def is_running(self) -> bool:
        """Whether its worker has begun it. While the queue is paused a worker takes runs and does not begin them."""
        return self.holder is not None and self.run.started is not None and self.run.worker == self.holder

    @property
    def may_move(self) -> bool:
        """Whether it has a place in the queue that can be changed."""
        return self.holder is None


def active_runs(session: Session, jobs: Jobs) -> list[ActiveRun]:
    """Those under way, then those that a worker has and has not begun, then the others in the order of their start."""
    held, (_, queued) = jobs.holders(), jobs.active()
    rows = _rows(session, [*held, *queued])
    found = [ActiveRun(*rows[run_id], held.get(run_id)) for run_id in dict.fromkeys([*held, *queued]) if run_id in rows]
    return sorted(found, key=lambda each: (not each.is_running, each.may_move))


def find_under_way(session: Session, jobs: Jobs, run_id: str) -> ActiveRun | None:
    """The run of that id, if a worker has begun it."""
    return next((each for each in active_runs(session, jobs) if each.run.id == run_id and each.is_running), None)


def under_way_and_waiting(session: Session, jobs: Jobs) -> tuple[list[str], list[str]]:
    """Ids of the runs that are under way, and of those that wait, in the order of their start.

    As the engine says it; while the queue is paused, what a worker has taken and not begun waits first of all.
    """
    running, queued = jobs.active()
    if not running or not is_paused(session):
        return running, queued
    held = jobs.holders()
    workers = dict(session.exec(select(Run.id, Run.worker).where(col(Run.id).in_(running))).all())
    begun = [run_id for run_id in running if workers.get(run_id) and workers[run_id] == held.get(run_id)]
    return begun, [*(run_id for run_id in running if run_id not in begun), *queued]


def _rows(session: Session, run_ids: list[str]) -> dict[str, tuple[Run, Submission, User]]:
    statement = (
        select(Run, Submission, User)
        .join(Submission, col(Submission.id) == col(Run.submission_id))
        .join(User, col(User.id) == col(Submission.user_id))
    )
    return {row[0].id: row for row in session.exec(statement.where(col(Run.id).in_(run_ids)))}


def move_run(session: Session, jobs: Jobs, actor: User, run_id: str, to: str) -> None:
    """Let a waiting run start earlier or later than others.

    Raises:
        NotFound: for no run.
        InvalidFields: when `to` is no `Move`.
        Conflict: when it does not wait in the queue.
    """
    submission = _submission_of(session, run_id)
    if to not in list(Move):
        values = {"value": to[:40], "choices": ", ".join(Move)}
        raise InvalidFields({"to": Sentence(NO_MOVE, values)})
    # The engine has a connection of its own, and SQLite one writer: first it, then we.
    if not jobs.move(run_id, Move(to)):
        raise Conflict(Sentence(WAITS_NO_MORE))
    note(session, actor, "run.move", f"submission {submission.number}", {"run": run_id, "to": to})


def cancel_run(session: Session, jobs: Jobs, actor: User, run_id: str) -> Submission:
    """Cancel a run that has not ended, at nobody's cost; its submission, returned, stays and can be run again.

    Raises:
        NotFound: for no run.
        Conflict: when it has ended.
    """
    submission, run = _submission_of(session, run_id), session.get_one(Run, run_id)
    if standing(session, jobs, run).state in ENDED:
        raise Conflict(Sentence(ENDED_ALREADY))
    jobs.cancel(run_id)
    # It may have ended by itself just before.
    if standing(session, jobs, run).state is State.CANCELLED:
        refund_stopped(session, run)
    note(session, actor, "run.cancel", f"submission {submission.number}", {"run": run_id})
    return submission


def _submission_of(session: Session, run_id: str) -> Submission:
    found = session.exec(select(Submission).join(Run).where(Run.id == run_id)).first()
    if found is None:
        raise NotFound(Sentence(NO_RUN))
    return found
