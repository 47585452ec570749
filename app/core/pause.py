"""Whether the teacher has paused the queue: workers then begin no run; what runs goes on."""

from sqlmodel import Session, select

from app.core.audit import note
from app.core.tables import Classroom, User, now


def is_paused(session: Session) -> bool:
    """Whether workers are to begin no run."""
    return session.exec(select(Classroom.paused)).first() is not None


def set_paused(session: Session, actor: User, paused: bool) -> None:
    """Let workers begin no new run, or let them again."""
    classroom = session.exec(select(Classroom)).one()
    if (classroom.paused is not None) != paused:
        classroom.paused = now() if paused else None
        session.add(classroom)
        note(session, actor, "queue.pause" if paused else "queue.resume", "queue")
