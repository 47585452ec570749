"""A real worker evaluates a submission again: behind what a student waits for, and with the old result standing."""

from pathlib import Path

from app.core.accounts import add_user
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.moderation import act_on_one
from app.core.pause import set_paused
from app.core.reevaluations import find_reevaluation
from app.core.run_queue import active_runs
from app.core.submissions import find
from app.core.tables import Audit, Notification, Run, User
from tests.service import END_LIMIT_S, ended, queue, rows, run_of, service, wait_until, write_tiny_dataset


def test_a_worker_measures_again_after_what_students_wait_for(data_dir: Path) -> None:
    write_tiny_dataset(data_dir)
    with service(data_dir) as running:
        running.worker()
        number = queue(seed=5)
        ended(number)
        old = run_of(number)
        with session_scope() as session:
            teacher = add_user(session, "ms-li", "Ms Li", "teacher")
            session.flush()
            set_paused(session, teacher, True)
        with session_scope() as session:
            act_on_one(session, get_jobs(), session.get_one(User, teacher.id), number, "reevaluate")
        wait_until(is_held_and_waiting, END_LIMIT_S)
        assert run_of(number).id == old.id
        with session_scope() as session:
            set_paused(session, session.get_one(User, teacher.id), False)
        wait_until(lambda: run_of(number).id != old.id, END_LIMIT_S)
        new = run_of(number)
        wait_until(lambda: not get_jobs().active()[0], END_LIMIT_S)

    with session_scope() as session:
        found = find_reevaluation(session, get_jobs(), find(session, number))
        assert found is not None
        assert found.before is not None
        assert found.after is not None
        # The same seed on the same machine gives the same network.
        assert found.before.predictions == found.after.predictions
    [row] = [row for row in rows(Audit) if row.action == "submission.reevaluated"]
    assert (row.actor_id, row.detail["run"], row.detail["was"], row.detail["outcome"]) == (
        teacher.id,
        new.id,
        row.detail["is"],
        "ok",
    )
    assert [each.kind for each in rows(Notification)] == ["run.finished"]
    assert len(rows(Run)) == 2


def is_held_and_waiting() -> bool:
    """Whether a worker has taken the run of the paused queue and has not begun it."""
    with session_scope() as session:
        return any(each.holder and not each.is_running for each in active_runs(session, get_jobs()))
