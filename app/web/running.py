"""What runs now and what waits: for the board, and for the form's queue length."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from app.core.jobs import Jobs
from app.core.run_queue import under_way_and_waiting
from app.core.shown_names import Shown, shown
from app.core.tables import Event, Run, Submission, User

# A card on the board; the rest is a number.
SHOWN = 5


@dataclass(frozen=True)
class Active:
    """A run that is under way or waits. `position` is 0 while it runs, 1 for the next in line.

    `seed`: of a repetition with another seed.
    """

    submission: Submission
    user: Shown
    position: int
    seed: int | None = None
    epoch: int = 0
    share: float | None = None
    loss: float | None = None


@dataclass(frozen=True)
class Now:
    """What runs and waits, in order; `runs` holds the first few."""

    runs: Sequence[Active]
    running: int
    waiting: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.running + self.waiting - len(self.runs)


def running_now(session: Session, jobs: Jobs) -> Now:
    """All runs that have not ended, those under way first."""
    running, queued = under_way_and_waiting(session, jobs)
    first = [*running, *queued][:SHOWN]
    rows = {run.id: (run, submission, user) for run, submission, user in _rows(session, first)}
    places = [0] * len(running) + [i + 1 for i in range(len(queued))]
    runs = [
        _active(session, *rows[run_id], place) for run_id, place in zip(first, places, strict=False) if run_id in rows
    ]
    return Now(runs, len(running), len(queued))


def _rows(session: Session, run_ids: Sequence[str]) -> list[tuple[Run, Submission, User]]:
    statement = (
        select(Run, Submission, User)
        .join(Submission, col(Submission.id) == col(Run.submission_id))
        .join(User, col(User.id) == col(Submission.user_id))
        .where(col(Run.id).in_(run_ids), col(Submission.hidden).is_(None))
    )
    return list(session.exec(statement))


def _active(session: Session, run: Run, submission: Submission, user: User, position: int) -> Active:
    last = _last_losses(session, run.id) if position == 0 else None
    if last is None:
        return Active(submission, shown(user), position, run.seed)
    data = last.data
    share, loss = data["step"] / data["steps"], data["losses"][-1]
    return Active(submission, shown(user), position, run.seed, int(data["epoch"]), share, loss)


def _last_losses(session: Session, run_id: str) -> Event | None:
    """The newest losses of the newest execution."""
    statement = select(Event).where(Event.run_id == run_id, col(Event.kind).in_(("start", "loss")))
    event = session.exec(statement.order_by(col(Event.seq).desc()).limit(1)).first()
    return event if event is not None and event.kind == "loss" else None
