"""Leaving: an account is deleted, what was submitted stays on the board under no name."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.accounts import end_sessions, forget_links
from app.core.audit import note
from app.core.database import begin_writing
from app.core.errors import Conflict
from app.core.sentences import N_, Sentence
from app.core.tables import ApiToken, Identity, Membership, Notification, SignInLink, User, Webhook, now

FORMER = N_("former student")
LAST_TEACHER = N_("You are the only teacher. Make somebody else a teacher first: mnist-benchmark user promote HANDLE")
# What is of nobody else's concern; in an order that no foreign key minds.
PRIVATE: tuple[Any, ...] = (ApiToken, Identity, SignInLink, Notification, Webhook, Membership)


def depart(session: Session, user: User) -> None:
    """Delete a user's account because they wish it. Raises Conflict for the only teacher."""
    delete_account(session, user)
    note(session, user, "user.depart", f"user {user.stored_id}")


def delete_account(session: Session, user: User) -> None:
    """Delete name, handle, password and all that signs this user in. It cannot be undone.

    The handle is free again: `-7` cannot be a handle, so nobody can take the place of who left.

    Raises:
        Conflict: for the only teacher.
    """
    if user.role == "teacher" and not has_other_teachers(session, user):
        raise Conflict(Sentence(LAST_TEACHER))
    forget_links(session, user)
    for table in PRIVATE:
        session.connection().execute(sa.delete(table).where(table.user_id == user.stored_id))
    user.handle, user.name, user.role, user.language = f"-{user.stored_id}", FORMER, "student", ""
    user.password_hash, user.departed, user.pseudonym = "", now(), ""
    end_sessions(session, user)


def has_other_teachers(session: Session, user: User) -> bool:
    """Whether somebody else teaches. Until this transaction ends nobody else stops teaching.

    Two who leave at once must not each count on the other.
    """
    begin_writing(session.connection())
    teachers = select(User.id).where(User.role == "teacher", col(User.departed).is_(None)).order_by(col(User.id))
    return any(teacher != user.id for teacher in session.exec(teachers.with_for_update()))
