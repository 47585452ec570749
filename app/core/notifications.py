"""What somebody should hear of, inside the app. The same is told once: `key` says what it is about."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.core.errors import NotFound
from app.core.sentences import N_, Sentence
from app.core.tables import Notification, User, now

RUN_FINISHED = "run.finished"
RUN_FAILED = "run.failed"
COMMENT = "comment"
MENTION = "mention"
RECORD_FELL = "record.fell"
RECORD_LOST = "record.lost"
REEVALUATED = "run.reevaluated"
WEBHOOK_DISABLED = "webhook.disabled"
KINDS = (RUN_FINISHED, RUN_FAILED, REEVALUATED, COMMENT, MENTION, RECORD_FELL, RECORD_LOST, WEBHOOK_DISABLED)
# Long enough for a term's break; the board, the threads and the runs themselves stay.
KEPT = timedelta(days=90)


def tell(session: Session, user_id: int, key: str, kind: str, data: dict[str, Any]) -> None:
    """Let a user know, in the caller's transaction. Nothing happens if they were told of `key` before.

    The unique key decides, not a look before: two workers may tell the same at once. Nor if they want no such news.
    """
    if kind in (session.exec(select(User.muted).where(User.id == user_id)).first() or "").split():
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = {"user_id": user_id, "key": key, "kind": kind, "data": data, "created": now()}
    session.connection().execute(
        insert(Notification).values(row).on_conflict_do_nothing(index_elements=["user_id", "key"])
    )


def unread_count(session: Session, user_id: int) -> int:
    """How many of a user's notifications are new to them."""
    statement = select(sa.func.count()).select_from(Notification)
    return session.exec(statement.where(Notification.user_id == user_id, col(Notification.read).is_(None))).one()


def count_notifications(session: Session, user_id: int) -> int:
    """How many notifications a user has."""
    statement = select(sa.func.count()).select_from(Notification)
    return session.exec(statement.where(Notification.user_id == user_id)).one()


def notifications_of(
    session: Session, user_id: int, limit: int, start: int = 0, before: int | None = None, only_unread: bool = False
) -> list[Notification]:
    """A user's notifications, newest first, from `start` on; `before`: only those with smaller ids."""
    statement = select(Notification).where(Notification.user_id == user_id)
    if before is not None:
        statement = statement.where(col(Notification.id) < before)
    if only_unread:
        statement = statement.where(col(Notification.read).is_(None))
    return list(session.exec(statement.order_by(col(Notification.id).desc()).offset(start).limit(limit)))


def forget_old(session: Session) -> int:
    """Delete what was told more than 90 days ago, read or not; returns how many."""
    is_old = col(Notification.created) < now() - KEPT
    return session.connection().execute(sa.delete(Notification).where(is_old)).rowcount


def find_notification(session: Session, user_id: int, notification_id: int) -> Notification:
    """A user's own notification. Raises NotFound, also for those of others."""
    found = session.get(Notification, notification_id) if 0 < notification_id < 2**31 else None
    if found is None or found.user_id != user_id:
        raise NotFound(Sentence(N_("You have no notification #%(number)s."), {"number": notification_id}))
    return found


def mark_read(session: Session, notification: Notification) -> None:
    """Note that its user has seen it; the first time counts."""
    notification.read = notification.read or now()
    session.add(notification)


def mark_all_read(session: Session, user_id: int) -> int:
    """Note that a user has seen all of theirs; returns how many were new."""
    unread = (col(Notification.user_id) == user_id, col(Notification.read).is_(None))
    return session.connection().execute(sa.update(Notification).where(*unread).values(read=now())).rowcount


def people_of(session: Session, notifications: Iterable[Notification]) -> dict[int, User]:
    """Who is named in these notifications, by key: names change, so they are not kept there."""
    ids = {int(each.data["by"]) for each in notifications if each.data.get("by") is not None}
    return {user.stored_id: user for user in session.exec(select(User).where(col(User.id).in_(ids)))} if ids else {}
