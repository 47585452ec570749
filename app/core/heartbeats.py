"""Which workers live, by the database's clock: the workers' own clocks need not agree."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.database import database_clock
from app.core.sentences import Sentence
from app.core.tables import Heartbeat


def _clock(session: Session) -> float:
    return float(session.connection().execute(sa.select(database_clock(session.get_bind().dialect.name))).scalar_one())


def announce(
    session: Session,
    executor_id: str,
    host: str,
    device: str,
    isolation: str = "",
    refusal: Sentence | None = None,
) -> None:
    """Note that a worker process has started, how it shuts runs in, and why it runs no uploaded code if so."""
    clock = _clock(session)
    heartbeat = Heartbeat(
        executor_id=executor_id,
        beat_epoch_s=clock,
        started_epoch_s=clock,
        host=host,
        device=device,
        isolation=isolation,
        refusal=refusal.as_json() if refusal else None,
    )
    session.add(heartbeat)
    session.flush()


def beat(session: Session, executor_id: str) -> bool:
    """Note that a worker lives. False if its row is gone: others have given it up and taken its runs."""
    clock = _clock(session)
    statement = sa.update(Heartbeat).where(col(Heartbeat.executor_id) == executor_id).values(beat_epoch_s=clock)
    return session.connection().execute(statement).rowcount == 1


def silent(session: Session, executor_ids: set[str], lease_s: float) -> set[str]:
    """Those of the given workers that have been silent for longer than the lease, or never spoke."""
    statement = select(Heartbeat.executor_id).where(col(Heartbeat.beat_epoch_s) > _clock(session) - lease_s)
    living: set[str] = set(session.exec(statement))
    return executor_ids - living


def leave(session: Session, executor_id: str) -> None:
    """A worker stops in good order; nobody need wait for its silence."""
    session.connection().execute(sa.delete(Heartbeat).where(col(Heartbeat.executor_id) == executor_id))


def forget(session: Session, older_than_s: float) -> None:
    """Drop the rows of workers long gone, so that the table does not grow with every restart."""
    limit = _clock(session) - older_than_s
    session.connection().execute(sa.delete(Heartbeat).where(col(Heartbeat.beat_epoch_s) < limit))


def last_beat_age_s(session: Session) -> float | None:
    """Seconds since any worker was heard of; None if none ever was."""
    latest = session.exec(select(sa.func.max(Heartbeat.beat_epoch_s))).one()
    return None if latest is None else max(0.0, _clock(session) - latest)


def workers(session: Session) -> list[Heartbeat]:
    """All workers heard of lately, the latest first."""
    return list(session.exec(select(Heartbeat).order_by(col(Heartbeat.beat_epoch_s).desc())))


def silence_s(session: Session, heartbeats: Sequence[Heartbeat]) -> list[float]:
    """For how many seconds each of these workers has been silent."""
    clock = _clock(session)
    return [max(0.0, clock - heartbeat.beat_epoch_s) for heartbeat in heartbeats]


def refusal_of_all(session: Session, lease_s: float) -> Sentence | None:
    """Why uploaded code cannot run at present: the reason of a living worker if every one of them refuses it."""
    limit = _clock(session) - lease_s
    living = [heartbeat for heartbeat in workers(session) if heartbeat.beat_epoch_s > limit]
    refusals = [heartbeat.refusal for heartbeat in living]
    if not refusals or not all(refusals):
        return None
    return Sentence.from_json(refusals[0] or {})
