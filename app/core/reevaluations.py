"""Evaluating again what has a result: new runs of the same submission, at nobody's cost and behind all others.

What was measured before stands until the new run has ended well; where it fails, it stands on. Every seed that has a
result is run again, each for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.audit import note
from app.core.jobs import EngineState, Jobs
from app.core.outcomes import Outcome
from app.core.runs import ENDED, Standing, standing
from app.core.sentences import N_, Sentence
from app.core.submissions import serialize_writers
from app.core.tables import Result, Run, Submission, User

# Few enough for the oldest SQLite, which takes 999 values in one statement.
ROWS_AT_ONCE = 500
WITHDRAWN = N_("Submission #%(number)s is withdrawn and does not run again.")
NO_RESULT = N_("Submission #%(number)s has no result that could be measured again.")
UNDER_WAY = N_("Submission #%(number)s is being evaluated again already.")

# The seeds of a submission that have a result; None is the recipe's own.
Seeds = set[int | None]


@dataclass(frozen=True)
class Reevaluation:
    """The newest new evaluation of a submission, with the recipe's own seed.

    `before`: what stood until then. `after`: what it measured, once it has ended well.
    """

    run: Run
    standing: Standing
    before: Result | None
    after: Result | None

    @property
    def is_open(self) -> bool:
        """Whether it waits or is under way."""
        return self.standing.state not in ENDED

    @property
    def has_changed(self) -> bool:
        """Whether the score is another one than before."""
        return self.before is not None and self.after is not None and self.before.correct != self.after.correct


def reevaluate(
    session: Session, jobs: Jobs, actor: User, chosen: Sequence[Submission]
) -> tuple[list[Run], dict[int, Sentence]]:
    """Queue new runs of these submissions; returns the runs, and by number why submissions were left out."""
    for user_id in sorted({submission.user_id for submission in chosen}):
        serialize_writers(session, user_id)
    session.flush()
    measured, under_way = _measured_seeds(session, chosen), open_reevaluations(session, jobs, chosen)
    queued: list[Submission] = []
    left_out: dict[int, Sentence] = {}
    for submission in chosen:
        if text := _obstacle(submission, measured, under_way):
            left_out[submission.number or 0] = Sentence(text, {"number": submission.number})
        else:
            queued.append(submission)
    return _queue(session, jobs, actor, queued, measured), left_out


def _obstacle(submission: Submission, measured: dict[str, Seeds], under_way: dict[str, list[str]]) -> str:
    if submission.withdrawn is not None:
        return WITHDRAWN
    if None not in measured.get(submission.id, ()):
        return NO_RESULT
    return UNDER_WAY if submission.id in under_way else ""


def _queue(
    session: Session, jobs: Jobs, actor: User, chosen: Sequence[Submission], measured: dict[str, Seeds]
) -> list[Run]:
    last = _last_attempts(session, chosen)
    authors = {submission.id: submission.user_id for submission in chosen}
    runs = [
        Run(submission_id=each.id, attempt=attempt, seed=seed, reevaluated_by=actor.stored_id)
        for each in chosen
        for attempt, seed in enumerate(sorted(measured[each.id], key=_own_first), last[each.id] + 1)
    ]
    session.add_all(runs)
    session.flush()
    for run in runs:
        jobs.submit_reevaluation(session, run.id, authors[run.submission_id])
    return runs


def _own_first(seed: int | None) -> int:
    return -1 if seed is None else seed


def _measured_seeds(session: Session, chosen: Sequence[Submission]) -> dict[str, Seeds]:
    found: dict[str, Seeds] = {}
    for ids in _parts(chosen):
        statement = select(Run.submission_id, Run.seed).join(Result, col(Result.run_id) == col(Run.id))
        for submission_id, seed in session.exec(statement.where(col(Run.submission_id).in_(ids))):
            found.setdefault(submission_id, set()).add(seed)
    return found


def _last_attempts(session: Session, chosen: Sequence[Submission]) -> dict[str, int]:
    found: dict[str, int] = {}
    for ids in _parts(chosen):
        statement = select(Run.submission_id, sa.func.max(Run.attempt)).where(col(Run.submission_id).in_(ids))
        for submission_id, attempt in session.exec(statement.group_by(col(Run.submission_id))):
            found[submission_id] = attempt
    return found


def open_reevaluations(session: Session, jobs: Jobs, chosen: Sequence[Submission]) -> dict[str, list[str]]:
    """Ids of the runs that evaluate these submissions again and have not ended, by submission."""
    runs: list[Run] = []
    for ids in _parts(chosen):
        unfinished = (col(Run.reevaluated_by).is_not(None), col(Run.outcome).is_(None))
        runs += session.exec(select(Run).where(col(Run.submission_id).in_(ids), *unfinished))
    states = jobs.states([run.id for run in runs])
    found: dict[str, list[str]] = {}
    for run in runs:
        if states.get(run.id) in (EngineState.QUEUED, EngineState.RUNNING):
            found.setdefault(run.submission_id, []).append(run.id)
    return found


def _parts(chosen: Sequence[Submission]) -> list[list[str]]:
    ids = [submission.id for submission in chosen]
    return [ids[start : start + ROWS_AT_ONCE] for start in range(0, len(ids), ROWS_AT_ONCE)]


def find_reevaluation(session: Session, jobs: Jobs, submission: Submission) -> Reevaluation | None:
    """The newest new evaluation of a submission; None where it was never evaluated again."""
    own = (Run.submission_id == submission.id, col(Run.seed).is_(None))
    statement = select(Run).where(*own, col(Run.reevaluated_by).is_not(None))
    run = session.exec(statement.order_by(col(Run.attempt).desc()).limit(1)).first()
    if run is None:
        return None
    before = result_before(session, run)
    return Reevaluation(run, standing(session, jobs, run), before, session.get(Result, run.id))


def result_before(session: Session, run: Run) -> Result | None:
    """What stood for this run's submission and seed until it ended."""
    seed = col(Run.seed).is_(None) if run.seed is None else col(Run.seed) == run.seed
    statement = (
        select(Result)
        .join(Run, col(Run.id) == col(Result.run_id))
        .where(Run.submission_id == run.submission_id, seed, Run.attempt < run.attempt)
    )
    return session.exec(statement.order_by(col(Run.attempt).desc()).limit(1)).first()


def note_end(session: Session, run: Run, submission: Submission) -> None:
    """Write down what became of a run that evaluated a submission again, in the transaction that records its end."""
    after = session.get(Result, run.id) if run.outcome == Outcome.OK else None
    detail = {
        "run": run.id,
        "seed": run.seed,
        "outcome": run.outcome,
        "was": figures(result_before(session, run)),
        "is": figures(after),
    }
    actor = session.get(User, run.reevaluated_by)
    note(session, actor, "submission.reevaluated", f"submission {submission.number}", detail)


def figures(result: Result | None) -> dict[str, Any] | None:
    """The numbers of a result by which two evaluations are compared."""
    if result is None:
        return None
    wrong = result.total - result.correct
    return {"accuracy": result.correct / result.total, "wrong": wrong, "test_loss": result.test_loss}
