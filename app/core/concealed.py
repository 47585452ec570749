"""What was told of a submission before it was hidden or withdrawn: its title is not told on."""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session, col, select

from app.core.tables import Notification, Submission, User

NO_TITLE = "…"


def told_data(session: Session, notifications: Iterable[Notification]) -> list[dict[str, Any]]:
    """What each notification tells its user now: titles of what they may not see any more are left out."""
    chosen = list(notifications)
    gone = _gone(session, {each.data["submission"] for each in chosen if "submission" in each.data})
    readers = {each.user_id for each in chosen} if gone else set()
    teachers = set(session.exec(select(User.id).where(col(User.id).in_(readers), User.role == "teacher")))
    return [_told(each, gone, each.user_id in teachers) for each in chosen]


def _gone(session: Session, numbers: set[int]) -> dict[int, int]:
    """Of these submissions those that stand no more, with their authors."""
    is_gone = col(Submission.hidden).is_not(None) | col(Submission.withdrawn).is_not(None)
    statement = select(Submission.number, Submission.user_id).where(col(Submission.number).in_(numbers), is_gone)
    return {number: user_id for number, user_id in session.exec(statement) if number} if numbers else {}


def _told(notification: Notification, gone: dict[int, int], is_teacher: bool) -> dict[str, Any]:
    data = dict(notification.data)
    author = gone.get(data.get("submission", 0), notification.user_id)
    return data if is_teacher or author == notification.user_id else data | {"title": NO_TITLE}
