"""Runs and their story: which state people see, and the events behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.jobs import EngineState, Jobs
from app.core.outcomes import OUTCOMES, Outcome
from app.core.pause import is_paused
from app.core.sentences import N_, Sentence
from app.core.tables import Event, Result, Run, Submission, now


class State(StrEnum):
    """What people see of a run."""

    QUEUED = "queued"
    CHECKING = "checking"
    TRAINING = "training"
    TESTING = "testing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


STATE_WORDS = {
    State.QUEUED: N_("queued"),
    State.CHECKING: N_("checking"),
    State.TRAINING: N_("training"),
    State.TESTING: N_("testing"),
    State.DONE: N_("done"),
    State.FAILED: N_("failed"),
    State.CANCELLED: N_("cancelled"),
}
ENDED = frozenset({State.DONE, State.FAILED, State.CANCELLED})
# The state that begins with an event of that kind; other kinds change nothing.
STATE_AFTER = {
    "start": State.CHECKING,
    "model": State.CHECKING,
    "loss": State.TRAINING,
    "testing": State.TESTING,
    "epoch": State.TRAINING,
    "analysis": State.TESTING,
}


@dataclass(frozen=True)
class Standing:
    """Where a run stands: its state, and once it has ended its outcome in words."""

    state: State
    outcome: Outcome | None = None
    message: Sentence | None = None

    def for_others(self) -> "Standing":
        """The same in general words: what exactly went wrong is for the author and the teacher."""
        message = Sentence(OUTCOMES[self.outcome].sentence) if self.outcome else None
        return replace(self, message=message)


def counts() -> sa.ColumnElement[bool]:
    """Whether a run counts for its submission: what evaluates it anew does once it has ended well."""
    return col(Run.reevaluated_by).is_(None) | (col(Run.outcome) == Outcome.OK)


def latest_run(session: Session, submission: Submission) -> Run:
    """The newest run of a submission that counts, with the recipe's own seed; there always is one."""
    own = (Run.submission_id == submission.id, col(Run.seed).is_(None), counts())
    return session.exec(select(Run).where(*own).order_by(col(Run.attempt).desc()).limit(1)).one()


def repetitions(session: Session, submission: Submission) -> list[Run]:
    """The newest run of each further seed that counts, by seed."""
    newest: dict[int | None, Run] = {}
    statement = select(Run).where(Run.submission_id == submission.id, col(Run.seed).is_not(None), counts())
    for run in session.exec(statement.order_by(col(Run.seed), col(Run.attempt))):
        newest[run.seed] = run
    return list(newest.values())


def standing(session: Session, jobs: Jobs, run: Run) -> Standing:
    """Where one run stands."""
    return standings(session, jobs, [run])[run.id]


def standings(session: Session, jobs: Jobs, runs: Sequence[Run]) -> dict[str, Standing]:
    """Where runs stand: our own record if there is one, else what the engine says."""
    open_ids = [run.id for run in runs if run.outcome is None]
    engine_states = jobs.states(open_ids)
    return {run.id: _recorded(run) if run.outcome else _open(session, run, engine_states.get(run.id)) for run in runs}


def _recorded(run: Run) -> Standing:
    outcome = Outcome(str(run.outcome))
    message = Sentence.from_json(run.message) if run.message else Sentence(OUTCOMES[outcome].sentence)
    if outcome is Outcome.OK:
        return Standing(State.DONE, outcome, message)
    return Standing(State.CANCELLED if outcome is Outcome.CANCELLED else State.FAILED, outcome, message)


def _open(session: Session, run: Run, engine_state: EngineState | None) -> Standing:
    """A cancelled or given-up run executes no code of ours that could record it, so the engine is asked."""
    match engine_state:
        case EngineState.QUEUED:
            return Standing(State.QUEUED)
        case EngineState.RUNNING | EngineState.FINISHED:
            return Standing(_phase(session, run.id))
        case EngineState.CANCELLED:
            return _ended(State.CANCELLED, Outcome.CANCELLED)
        case EngineState.GIVEN_UP:
            text = N_("The worker died three times while it ran this, so it was given up.")
            return Standing(State.FAILED, Outcome.CRASHED, Sentence(text))
        case _:
            return _ended(State.FAILED, Outcome.INTERNAL)


def _ended(state: State, outcome: Outcome) -> Standing:
    return Standing(state, outcome, Sentence(OUTCOMES[outcome].sentence))


def _phase(session: Session, run_id: str) -> State:
    statement = (
        select(Event.kind)
        .where(Event.run_id == run_id, col(Event.kind).in_(STATE_AFTER))
        .order_by(col(Event.seq).desc())
        .limit(1)
    )
    kind = session.exec(statement).first()
    if kind is None and is_paused(session):
        # A worker has taken it and begins once the queue goes on.
        return State.QUEUED
    return STATE_AFTER[kind] if kind else State.CHECKING


def events_after(session: Session, run_id: str, seq: int, limit: int = 1000) -> list[Event]:
    """A run's events behind that number, oldest first."""
    statement = select(Event).where(Event.run_id == run_id, col(Event.seq) > seq).order_by(col(Event.seq))
    return list(session.exec(statement.limit(limit)))


class Superseded(Exception):
    """Another worker has started this run again; the one that hears this must stop."""


def begin(session: Session, run_id: str, worker: str, isolation: str) -> int:
    """Note that a worker starts this run; returns which start it is (1, 2, …)."""
    start = 1 + (session.exec(select(sa.func.max(Event.start)).where(Event.run_id == run_id)).one() or 0)
    run = session.get_one(Run, run_id)
    run.started, run.worker, run.isolation = now(), worker, isolation
    session.add(run)
    _append(session, run_id, start, "start", {"start": start, "worker": worker})
    return start


def add_event(session: Session, run_id: str, start: int, kind: str, data: dict[str, Any]) -> int:
    """Append to a run's story; returns the event's number.

    Raises:
        Superseded: if the run was started again since, by another worker: a frozen one that wakes up must not mix
            its lines into the new story.
    """
    newest = session.exec(select(sa.func.max(Event.start)).where(Event.run_id == run_id)).one()
    if newest != start:
        raise Superseded(run_id)
    return _append(session, run_id, start, kind, data)


def _append(session: Session, run_id: str, start: int, kind: str, data: dict[str, Any]) -> int:
    last = session.exec(select(sa.func.max(Event.seq)).where(Event.run_id == run_id)).one() or 0
    session.add(Event(run_id=run_id, seq=last + 1, start=start, kind=kind, data=data))
    return last + 1


def result_of(session: Session, run: Run) -> Result | None:
    """What the run measured, if it finished well."""
    return session.get(Result, run.id)
