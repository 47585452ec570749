"""Who teaches: made so by the command line or by another teacher, and written down."""

from sqlmodel import Session

from app.core.accounts import find_user
from app.core.audit import note
from app.core.departures import has_other_teachers
from app.core.errors import Conflict, NotFound
from app.core.sentences import N_, Sentence
from app.core.tables import User

STUDENT = "student"
TEACHER = "teacher"


def find_account(session: Session, handle: str) -> User:
    """The user of that handle who can sign in. Raises NotFound."""
    user = find_user(session, handle)
    if user is None or user.role not in (STUDENT, TEACHER) or user.departed is not None:
        raise NotFound(Sentence(N_("There is nobody with the handle “%(value)s”."), {"value": handle[:40]}))
    return user


def set_role(session: Session, user: User, role: str, actor: User | None) -> None:
    """Make a student a teacher, or the reverse. `actor`: None for the command line.

    Raises:
        Conflict: when nobody would teach any more.
    """
    if user.role == TEACHER and role == STUDENT and not has_other_teachers(session, user):
        text = N_("%(handle)s is the only teacher. Make somebody else a teacher first.")
        raise Conflict(Sentence(text, {"handle": user.handle}))
    note(session, actor, "user.role", f"user {user.handle}", {"was": user.role, "is": role})
    user.role = role
    session.add(user)
