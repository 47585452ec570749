"""The leaderboard: which results stand on it, in which places."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.ranking import Place, Score, in_order, rank
from app.core.tables import Result, Run, Submission, User


@dataclass(frozen=True)
class Row:
    """One line of the board."""

    place: Place
    submission: Submission
    run: Run
    result: Result
    user: User


def board(session: Session, dataset: str, one_per_student: bool = True) -> list[Row]:
    """All standing results of a data set, best first.

    One entry per student by default: their best one. The baselines all belong to the course, and all stay.
    """
    found = {run.id: (submission, run, result, user) for submission, run, result, user in _standing(session, dataset)}
    scores = [_score(run, result) for _, run, result, _ in found.values()]
    if one_per_student:
        scores = _best_of_each(in_order(scores), found)
    return [Row(place, *found[place.run_id]) for place in rank(scores)]


def _standing(session: Session, dataset: str) -> list[tuple[Submission, Run, Result, User]]:
    """Results of submissions that are not withdrawn; of several runs of one submission, the latest result."""
    newest = sa.select(sa.func.max(Run.attempt)).join(Result, col(Result.run_id) == col(Run.id))
    newest = newest.where(col(Run.submission_id) == col(Submission.id), col(Run.seed).is_(None)).correlate(Submission)
    statement = (
        select(Submission, Run, Result, User)
        .join(Run, col(Run.submission_id) == col(Submission.id))
        .join(Result, col(Result.run_id) == col(Run.id))
        .join(User, col(User.id) == col(Submission.user_id))
        .where(Submission.dataset == dataset, col(Submission.withdrawn).is_(None))
        .where(col(Run.attempt) == newest.scalar_subquery())
    )
    return list(session.exec(statement))


def _score(run: Run, result: Result) -> Score:
    return Score(run.id, result.correct, result.total, result.test_loss, result.created, result.hits)


def _best_of_each(ordered: list[Score], found: dict[str, tuple[Submission, Run, Result, User]]) -> list[Score]:
    kept: dict[object, Score] = {}
    for score in ordered:
        submission = found[score.run_id][0]
        student = score.run_id if submission.is_baseline else submission.user_id
        kept.setdefault(student, score)
    return list(kept.values())


def place_of(session: Session, run: Run, dataset: str) -> Row | None:
    """Where a run stands among all results, not only the best of each student."""
    return next((row for row in board(session, dataset, one_per_student=False) if row.run.id == run.id), None)
