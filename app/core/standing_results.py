"""Reads which results stand on the board. Results never change, so each is read from the database once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from app.core.deadlines import outside_class_time
from app.core.entries import Entry, Measured, Submitted, entry_of
from app.core.ranking import can_rank
from app.core.shared_errors import SharedErrors
from app.core.tables import Classroom, Result, Run, Submission, User

# Few enough for the oldest SQLite, which takes 999 values in one statement.
ROWS_AT_ONCE = 500

OF_AUTHOR = ("handle", "name", "role", "pseudonym")

# Of each submission the newest run with a result per seed; None is the recipe's own seed.
Newest = dict[str, dict[int | None, str]]
# When each submission that was evaluated again was first measured: the new result makes it no later.
Firsts = dict[str, datetime]


@dataclass
class StandingResults:
    """What has been read so far, by run; `hits` has one bit per test image."""

    measured: dict[str, Measured] = field(default_factory=dict)
    hits: dict[str, bytes] = field(default_factory=dict)
    errors: SharedErrors = field(default_factory=lambda: SharedErrors(0))

    def entries(self, session: Session, dataset: str) -> list[Entry]:
        """All standing submissions with a result that can rank, in no order."""
        newest = _newest_runs(session, dataset)
        self._read(session, newest)
        found = _of_one_test_set(self._entries(session, dataset, newest, _firsts(session, dataset)))
        self._keep_counts(found)
        return found

    def _read(self, session: Session, newest: Newest) -> None:
        wanted = {run_id for runs in newest.values() for run_id in runs.values()}
        for gone in self.measured.keys() - wanted:
            del self.measured[gone], self.hits[gone]
        missing = sorted(wanted - self.measured.keys())
        for start in range(0, len(missing), ROWS_AT_ONCE):
            self._read_some(session, missing[start : start + ROWS_AT_ONCE])

    def _read_some(self, session: Session, run_ids: Sequence[str]) -> None:
        columns = [getattr(Result, name.name) for name in fields(Measured)]
        statement = sa.select(*columns, Result.hits).where(col(Result.run_id).in_(run_ids))  # type: ignore[call-overload]
        for *values, hits in session.connection().execute(statement):
            read = Measured(*values)
            self.measured[read.run_id], self.hits[read.run_id] = read, hits

    def _entries(self, session: Session, dataset: str, newest: Newest, firsts: Firsts) -> Iterator[Entry]:
        for submitted in _submitted(session, dataset):
            runs = newest.get(submitted.id, {})
            if None in runs and _is_sound(own := self.measured[runs[None]]):
                if submitted.id in firsts:
                    own = replace(own, created=firsts[submitted.id])
                others = (self.measured[runs[seed]] for seed in sorted(seed for seed in runs if seed is not None))
                yield entry_of(submitted, own, [run for run in others if _is_sound(run) and run.total == own.total])

    def _keep_counts(self, entries: Sequence[Entry]) -> None:
        """Counts are of one test set; of runs that stand no more they are forgotten now and then."""
        total = entries[0].total if entries else 0
        if total != self.errors.total:
            self.errors = SharedErrors(total)
        self.errors.forget_others({entry.run_id for entry in entries})


def _newest_runs(session: Session, dataset: str) -> Newest:
    statement = (
        sa.select(col(Run.submission_id), col(Run.seed), col(Run.id))
        .join(Result, col(Result.run_id) == col(Run.id))
        .join(Submission, col(Submission.id) == col(Run.submission_id))
        .where(col(Submission.dataset) == dataset, *_stands())
        .order_by(col(Run.attempt))
    )
    newest: Newest = {}
    for submission_id, seed, run_id in session.connection().execute(statement):
        newest.setdefault(submission_id, {})[seed] = run_id
    return newest


def _firsts(session: Session, dataset: str) -> Firsts:
    """Of few submissions: this column lies behind the large ones, and reading it of every result would take long."""
    again = sa.select(col(Run.submission_id)).where(col(Run.reevaluated_by).is_not(None), col(Run.outcome) == "ok")
    statement = (
        sa.select(col(Run.submission_id), sa.func.min(col(Result.created)))
        .join(Result, col(Result.run_id) == col(Run.id))
        .join(Submission, col(Submission.id) == col(Run.submission_id))
        .where(col(Submission.dataset) == dataset, col(Run.seed).is_(None), col(Run.submission_id).in_(again))
        .group_by(col(Run.submission_id))
    )
    return dict(session.connection().execute(statement).all())


def _submitted(session: Session, dataset: str) -> Iterator[Submitted]:
    names = [name.name for name in fields(Submitted) if name.name != "is_late"]
    columns = [getattr(User if name in OF_AUTHOR else Submission, name) for name in names]
    statement = sa.select(*columns, outside_class_time()).join(User, col(User.id) == col(Submission.user_id))
    statement = statement.join(Classroom, col(Classroom.id) == col(Submission.classroom_id))
    statement = statement.where(col(Submission.dataset) == dataset, *_stands())
    for *values, is_late in session.connection().execute(statement):
        yield Submitted(*[*values, bool(is_late)])


def _stands() -> tuple[sa.ColumnElement[bool], ...]:
    return col(Submission.withdrawn).is_(None), col(Submission.hidden).is_(None)


def _is_sound(measured: Measured) -> bool:
    return can_rank(measured.correct, measured.total, measured.test_loss)


def _of_one_test_set(entries: Iterator[Entry]) -> list[Entry]:
    """Paired tests need the same images: where a table holds several numbers of them, the most frequent one stands."""
    found = list(entries)
    if not found:
        return []
    total = Counter(entry.total for entry in found).most_common(1)[0][0]
    return [entry for entry in found if entry.total == total]
