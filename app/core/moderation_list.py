"""All submissions as a teacher looks through them, hidden and withdrawn ones too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from app.core.deadlines import is_late
from app.core.jobs import Jobs
from app.core.outcomes import OUTCOMES, Outcome, Words
from app.core.run_queue import ActiveRun, active_runs
from app.core.runs import STATE_WORDS, Standing, counts, standings
from app.core.tables import Result, Run, Submission, User

Rows = sa.Select[*tuple[Any, ...]]
STATES = ("queued", "running", "finished", "failed", "again", "hidden", "withdrawn")


@dataclass(frozen=True)
class Filter:
    """Which submissions are wanted; what is empty does not matter.

    `state`: one of `STATES`. `text`: in title, notes, names of files and of the author, or `#12`. `student`: a handle.
    """

    state: str = ""
    text: str = ""
    student: str = ""


@dataclass(frozen=True)
class Line:
    """A submission with its author and where its run stands. `correct`, `total`: None without a result.

    `is_again`: whether it is being evaluated again. `is_late`: submitted outside the class' time.
    """

    submission: Submission
    author: User
    standing: Standing
    correct: int | None
    total: int | None
    is_again: bool
    is_late: bool

    @property
    def state_words(self) -> str:
        """Where its run stands, as a marked text."""
        return STATE_WORDS[self.standing.state]

    @property
    def words(self) -> Words | None:
        """How a run without a result ended; None for others."""
        outcome = self.standing.outcome
        return OUTCOMES[outcome] if outcome not in (None, Outcome.OK, Outcome.CANCELLED) else None

    @property
    def accuracy(self) -> float | None:
        """Share read right, 0..1; None without a result."""
        return self.correct / self.total if self.correct is not None and self.total else None


def find_lines(
    session: Session, jobs: Jobs, wanted: Filter, limit: int, start: int = 0, before: int | None = None
) -> list[Line]:
    """Newest first, from `start` on; `before`: only those with smaller numbers."""
    active = active_runs(session, jobs)
    statement = _chosen(sa.select(Submission, User, Run, col(Result.correct), col(Result.total)), wanted, active)
    statement = statement.outerjoin(Result, col(Result.run_id) == col(Run.id))
    if before is not None:
        statement = statement.where(col(Submission.number) < before)
    statement = statement.order_by(col(Submission.number).desc()).offset(start).limit(limit)
    rows = [tuple(row) for row in session.execute(statement)]
    states = standings(session, jobs, [run for _, _, run, _, _ in rows])
    again = _again(active)
    return [
        Line(
            submission,
            author,
            states[run.id],
            correct,
            total,
            submission.id in again,
            not submission.is_baseline and is_late(session, submission),
        )
        for submission, author, run, correct, total in rows
    ]


def count_lines(session: Session, jobs: Jobs, wanted: Filter) -> int:
    """How many there are."""
    statement = _chosen(sa.select(sa.func.count()).select_from(Submission), wanted, active_runs(session, jobs))
    return int(session.connection().execute(statement).scalar_one())


def matching_numbers(session: Session, jobs: Jobs, wanted: Filter) -> list[int]:
    """The numbers of all of them."""
    statement = _chosen(sa.select(col(Submission.number)), wanted, active_runs(session, jobs))
    return list(session.connection().execute(statement.order_by(col(Submission.number))).scalars())


def _chosen(statement: Rows, wanted: Filter, active: Sequence[ActiveRun]) -> Rows:
    joined = statement.join(User, col(User.id) == col(Submission.user_id))
    joined = joined.join(Run, col(Run.submission_id) == col(Submission.id))
    joined = joined.where(col(Run.seed).is_(None), _is_latest(), *_of_state(wanted, active))
    if wanted.student:
        joined = joined.where(col(User.handle) == wanted.student.strip().removeprefix("@").lower())
    text = wanted.text.replace("\x00", "").strip()  # PostgreSQL has no such character
    return joined.where(_holds(text)) if text else joined


def _is_latest() -> Any:
    """Whether this is the newest run that counts, as `runs.latest_run` has it."""
    other = sa.orm.aliased(Run)
    newest = sa.select(sa.func.max(other.attempt)).where(
        col(other.submission_id) == col(Submission.id),
        col(other.seed).is_(None),
        col(other.reevaluated_by).is_(None) | (col(other.outcome) == Outcome.OK),
    )
    return col(Run.attempt) == newest.correlate(Submission).scalar_subquery()


def _of_state(wanted: Filter, active: Sequence[ActiveRun]) -> list[sa.ColumnElement[bool]]:
    outcome, run_id = col(Run.outcome), col(Run.id)
    match wanted.state:
        case "queued":
            return [run_id.in_([each.run.id for each in active if not each.is_running])]
        case "running":
            return [run_id.in_([each.run.id for each in active if each.is_running])]
        case "finished":
            return [outcome == Outcome.OK]
        case "failed":
            # What was cancelled or given up has no ending of ours.
            is_over = outcome.is_(None) & run_id.not_in([each.run.id for each in active])
            return [is_over | (outcome != Outcome.OK)]
        case "again":
            return [col(Submission.id).in_(_again(active))]
        case "hidden":
            return [col(Submission.hidden).is_not(None)]
        case "withdrawn":
            return [col(Submission.withdrawn).is_not(None)]
        case _:
            return [counts()]


def _again(active: Sequence[ActiveRun]) -> set[str]:
    return {each.submission.id for each in active if each.run.reevaluated_by is not None}


def _holds(text: str) -> sa.ColumnElement[bool]:
    columns = (
        Submission.title,
        Submission.notes,
        Submission.model,
        Submission.model_file_name,
        Submission.weights_name,
        User.name,
    )
    number = text.removeprefix("#")
    found = [col(column).icontains(text, autoescape=True) for column in columns]
    if number.isascii() and number.isdigit() and len(number) < 10:
        found.append(col(Submission.number) == int(number))
    return sa.or_(*found)
