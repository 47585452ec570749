"""What is told once a run has ended: to its author, to whoever lost the record by it, and to webhooks.

The worker calls this after the ending is recorded, and again if it dies half-way: every message has a key.
"""

from typing import Any

from sqlmodel import Session, col, select

from app.core.board import Board, Entry, find_board
from app.core.jobs import Jobs
from app.core.notifications import KEPT, RECORD_FELL, RUN_FAILED, RUN_FINISHED, tell
from app.core.outcomes import Outcome
from app.core.reevaluation_news import tell_of_reevaluation
from app.core.runs import result_of
from app.core.tables import Run, Submission, User, now
from app.core.webhooks import RECORD, send_event
from app.core.webhooks import RUN_FINISHED as FINISHED_EVENT


def announce_end(session: Session, jobs: Jobs, run_id: str) -> None:
    """Tell of a run whose ending is recorded. Runs that were cancelled are told to nobody: somebody did that."""
    run = session.get(Run, run_id)
    if run is None or run.outcome in (None, Outcome.CANCELLED):
        return
    submission = session.exec(select(Submission).where(Submission.id == run.submission_id)).one()
    author = session.get_one(User, submission.user_id)
    if run.reevaluated_by is not None:
        _tell_of_reevaluation(session, jobs, run, submission)
        return
    if run.seed is None:
        _tell_author(session, submission, run)
        data = run_data(session, submission, author, run)
        send_event(session, jobs, FINISHED_EVENT, run.id, author.stored_id, data)
    if run.outcome == Outcome.OK:
        _announce_record(session, jobs, submission)


def announce_given_up(session: Session, jobs: Jobs) -> None:
    """Tell the authors of runs that the engine has given up: no worker lived to do it."""
    ids = jobs.given_up()
    statement = select(Run, Submission).join(Submission, col(Submission.id) == col(Run.submission_id))
    # What was told longer ago is forgotten, and would be told anew.
    is_new = col(Run.created) > now() - KEPT / 2
    chosen = (col(Run.id).in_(ids), col(Run.reevaluated_by).is_(None), is_new)
    for run, submission in session.exec(statement.where(*chosen)) if ids else ():
        data = _about(submission) | {"outcome": Outcome.CRASHED}
        tell(session, submission.user_id, f"run:{run.id}", RUN_FAILED, data)


def _tell_of_reevaluation(session: Session, jobs: Jobs, run: Run, submission: Submission) -> None:
    """Why one failed stands on its page. A record that the new score sets is one like any other."""
    if run.outcome != Outcome.OK:
        return
    change = tell_of_reevaluation(session, run, submission)
    if change.before != change.now == submission.id:
        _announce_record(session, jobs, submission)


def _tell_author(session: Session, submission: Submission, run: Run) -> None:
    result = result_of(session, run)
    if result is not None:
        data = _about(submission) | {"accuracy": result.correct / result.total}
        tell(session, submission.user_id, f"run:{run.id}", RUN_FINISHED, data)
    else:
        tell(session, submission.user_id, f"run:{run.id}", RUN_FAILED, _about(submission) | {"outcome": run.outcome})


def _about(submission: Submission) -> dict[str, Any]:
    return {"submission": submission.number, "title": submission.title}


def run_data(session: Session, submission: Submission, author: User, run: Run) -> dict[str, Any]:
    """What a webhook hears of a run. Why it failed is for its author and the teacher, on its page."""
    result = result_of(session, run)
    measured = {"wrong": result.total - result.correct, "images": result.total} if result else {}
    return (
        _about(submission)
        | {"path": f"/s/{submission.number}", "author": author.handle, "dataset": submission.dataset}
        | {"outcome": run.outcome, "accuracy": result.correct / result.total if result else None}
        | measured
    )


def _announce_record(session: Session, jobs: Jobs, submission: Submission) -> None:
    board = find_board(session, submission.dataset)
    if board.record is None or board.record.holder != submission.id:
        return
    entry, before = board.record.steps[-1], _before(board)
    key = f"record:{submission.id}"
    if before is not None and before.user_id != entry.user_id:
        data = _about(submission) | {"accuracy": entry.accuracy, "by": entry.user_id, "yours": before.number}
        tell(session, before.user_id, key, RECORD_FELL, data)
    send_event(session, jobs, RECORD, submission.id, entry.user_id, _record_data(entry, before))


def _before(board: Board) -> Entry | None:
    """The entry that held the record before the one that stands."""
    steps = board.record.steps if board.record else ()
    return steps[-2] if len(steps) > 1 else None


def _record_data(entry: Entry, before: Entry | None) -> dict[str, Any]:
    return {
        "submission": entry.number,
        "title": entry.title,
        "path": f"/s/{entry.number}",
        "author": entry.handle,
        "accuracy": entry.accuracy,
        "wrong": entry.wrong,
        "images": entry.total,
        "previous": before.number if before else None,
    }
