"""When somebody was last here, to about an hour: a teacher wants to know who has gone quiet, nobody to the minute."""

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from app.core.tables import User, now

VISIT_GRAIN = timedelta(hours=1)


def is_visit_due(user: User) -> bool:
    """Whether this visit is worth a write."""
    return user.seen is None or now() - user.seen > VISIT_GRAIN


def note_visit(session: Session, user_id: int) -> None:
    """Note that this user is here now."""
    session.connection().execute(sa.update(User).where(col(User.id) == user_id).values(seen=now()))
