"""What is told when a submission has been evaluated again: a changed score, and a record that is lost by it.

Nothing is announced that was announced before: its first run has been told of, and so was a record that it still holds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from app.core.board import Board, find_board
from app.core.entries import Entry
from app.core.notifications import RECORD_LOST, REEVALUATED, tell
from app.core.records import find_record
from app.core.reevaluations import result_before
from app.core.tables import Result, Run, Submission


@dataclass(frozen=True)
class RecordChange:
    """The submissions that held the record before a new evaluation and hold it now; None where nobody does."""

    before: str | None
    now: str | None


def tell_of_reevaluation(session: Session, run: Run, submission: Submission) -> RecordChange:
    """Tell its author of a new score, and of a record that they hold no more; returns who holds it.

    `run` has ended well and is recorded.
    """
    board = find_board(session, submission.dataset)
    before, after = result_before(session, run), session.get_one(Result, run.id)
    change = _record_change(session, board, run, submission, before)
    about = {"submission": submission.number, "title": submission.title}
    if run.seed is None and before is not None and before.correct != after.correct:
        data = about | {"was": before.correct / before.total, "accuracy": after.correct / after.total}
        tell(session, submission.user_id, f"again:{run.id}", REEVALUATED, data)
    if change.before == submission.id != change.now:
        tell(session, submission.user_id, f"record-lost:{run.id}", RECORD_LOST, about)
    return change


def _record_change(
    session: Session, board: Board, run: Run, submission: Submission, before: Result | None
) -> RecordChange:
    now = board.record.holder if board.record else None
    entry = board.entry(submission.id)
    if entry is None or before is None or before.total != entry.total or run.id not in entry.run_ids:
        return RecordChange(now, now)
    old, hits = _as_it_was(session, entry, run.id, before)
    entries = [old if each is entry else each for each in board.entries]
    record = find_record(entries, {**board.hits, **hits})
    return RecordChange(record.holder if record else None, now)


def _as_it_was(session: Session, entry: Entry, new_run: str, before: Result) -> tuple[Entry, Mapping[str, bytes]]:
    """The entry with the earlier result in place of the new one, and the hits of its runs."""
    ids = [before.run_id if run_id == new_run else run_id for run_id in entry.run_ids]
    found = {result.run_id: result for result in session.exec(select(Result).where(col(Result.run_id).in_(ids)))}
    results = [found[run_id] for run_id in ids]
    wrongs = [result.total - result.correct for result in results]
    wrong = _mean(wrongs)
    nearest = min(zip(results, wrongs, strict=True), key=lambda pair: abs(pair[1] - wrong))[0]
    old = replace(
        entry,
        run_id=nearest.run_id,
        run_ids=tuple(ids),
        seeds=tuple(wrongs),
        wrong=wrong,
        correct=entry.total - wrong,
        test_loss=_mean([result.test_loss for result in results]),
    )
    return old, {result.run_id: result.hits for result in results}


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
