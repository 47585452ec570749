"""Submissions, newest first, as a reader may see them in a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.core.jobs import Jobs
from app.core.outcomes import Outcome
from app.core.profiles import find_shown
from app.core.runs import Standing, State, counts, standings
from app.core.submissions import Person
from app.core.tables import Result, Run, Submission, User

UPLOADED = "uploaded"
# Where a run stands is partly known to the engine alone, so rows are looked at in heaps until enough of them fit.
HEAP_ROWS = 200
# Endings that the engine may know of without a row of ours saying so.
ENDED_IN_ENGINE = (Outcome.CANCELLED, Outcome.CRASHED, Outcome.INTERNAL)
NOT_FOR_OTHERS = (State.FAILED, State.CANCELLED)
MEASURED = ("correct", "total", "test_loss", "parameters", "train_seconds", "ece")


@dataclass(frozen=True)
class Wanted:
    """Which submissions are wanted; what is None or empty does not matter.

    `author`: a handle as the reader sees it. `model`: an id of the zoo, or `UPLOADED`. `kind`: train or evaluate.
    `since`: submitted on that day or later, UTC.
    """

    author: str = ""
    state: State | None = None
    outcome: Outcome | None = None
    model: str = ""
    kind: str = ""
    since: date | None = None

    def fits(self, found: Standing) -> bool:
        """Whether a run that stands there is wanted."""
        return self.state in (None, found.state) and self.outcome in (None, found.outcome)


@dataclass(frozen=True)
class Listed:
    """A submission with its author, its latest run, where that stands, and what it measured."""

    submission: Submission
    author: User
    run: Run
    standing: Standing
    measured: dict[str, Any] | None = None


def list_submissions(
    session: Session, jobs: Jobs, reader: Person | None, wanted: Wanted, limit: int, before: int | None = None
) -> list[Listed]:
    """Those that the reader may see; `before`: only with smaller numbers.

    Withdrawn and hidden ones are there for their author only, and what failed or was cancelled for its author and for
    teachers: classmates are spared each other's attempts.
    """
    author = find_shown(session, wanted.author) if wanted.author else None
    if wanted.author and author is None:
        return []
    found: list[Listed] = []
    while len(found) < limit:
        rows = _heap(session, reader, wanted, author, before)
        found += [each for each in _standing(session, jobs, rows, reader) if wanted.fits(each.standing)]
        if len(rows) < HEAP_ROWS:
            break
        before = rows[-1][0].number
    return _measured(session, found[:limit])


Row = tuple[Submission, User, Run]


def _heap(
    session: Session, reader: Person | None, wanted: Wanted, author: User | None, before: int | None
) -> Sequence[Row]:
    reader_id = reader.id if reader else None
    stands = col(Submission.withdrawn).is_(None) & col(Submission.hidden).is_(None)
    statement = (
        select(Submission, User, Run)
        .join(User, col(User.id) == col(Submission.user_id))
        .join(Run, col(Run.submission_id) == col(Submission.id))
        .where(col(Run.seed).is_(None), col(Run.attempt) == _last_attempt(), counts())
        .where(stands | (col(Submission.user_id) == reader_id), *_conditions(wanted))
        .order_by(col(Submission.number).desc())
        .limit(HEAP_ROWS)
    )
    if author is not None:
        statement = statement.where(Submission.user_id == author.stored_id)
    if before is not None:
        statement = statement.where(col(Submission.number) < before)
    return list(session.exec(statement))


def _last_attempt() -> Any:
    other = sa.orm.aliased(Run)
    newest: SelectOfScalar[Any] = select(sa.func.max(other.attempt)).where(
        other.submission_id == Submission.id,
        col(other.seed).is_(None),
        col(other.reevaluated_by).is_(None) | (col(other.outcome) == Outcome.OK),
    )
    return newest.correlate(Submission).scalar_subquery()


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.model == UPLOADED:
        found.append(col(Submission.model).is_(None))
    elif wanted.model:
        found.append(col(Submission.model) == wanted.model)
    if wanted.kind:
        found.append(col(Submission.kind) == wanted.kind)
    if wanted.since:
        found.append(col(Submission.created) >= datetime.combine(wanted.since, datetime.min.time(), UTC))
    return found + _possible(wanted)


def _possible(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    """What a row must say so that its run can stand as wanted; the engine has the last word on open ones."""
    outcome, is_open = col(Run.outcome), col(Run.outcome).is_(None)
    found: list[sa.ColumnElement[bool]] = []
    if wanted.outcome is not None:
        known = outcome == wanted.outcome
        found.append(known | is_open if wanted.outcome in ENDED_IN_ENGINE else known)
    match wanted.state:
        case None:
            pass
        case State.DONE:
            found.append(outcome == Outcome.OK)
        case State.CANCELLED:
            found.append(is_open | (outcome == Outcome.CANCELLED))
        case State.FAILED:
            found.append(is_open | outcome.not_in([Outcome.OK, Outcome.CANCELLED]))
        case _:
            found.append(is_open)
    return found


def _standing(session: Session, jobs: Jobs, rows: Sequence[Row], reader: Person | None) -> list[Listed]:
    """The rows with where they stand, without those that are not for this reader."""
    now = standings(session, jobs, [run for _, _, run in rows])
    is_teacher = reader is not None and reader.role == "teacher"
    return [
        Listed(submission, author, run, now[run.id])
        for submission, author, run in rows
        if is_teacher or (reader and reader.id == author.id) or now[run.id].state not in NOT_FOR_OTHERS
    ]


def _measured(session: Session, found: Sequence[Listed]) -> list[Listed]:
    """The same with what was measured; the large columns of results stay where they are."""
    ids = [each.run.id for each in found if each.standing.state is State.DONE]
    columns = [col(Result.run_id), *(getattr(Result, name) for name in MEASURED)]
    rows = session.connection().execute(sa.select(*columns).where(col(Result.run_id).in_(ids))) if ids else ()
    by_run = {row.run_id: dict(zip(MEASURED, row[1:], strict=True)) for row in rows}
    return [Listed(each.submission, each.author, each.run, each.standing, by_run.get(each.run.id)) for each in found]
