"""What I should hear of."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from app.core import notifications
from app.core.database import session_scope
from app.core.tables import Notification
from app.web.api.bodies import problems
from app.web.api.callers import Caller
from app.web.api.parts import AskedPart
from app.web.languages import api_language
from app.web.notifications_view import NotificationView, notification_views

router = APIRouter(prefix="/notifications", tags=["notifications"])


class NotificationBody(BaseModel):
    """Something that happened and concerns me."""

    id: int
    kind: str = Field(examples=["run.finished"], description=f"one of {', '.join(notifications.KINDS)}")
    words: str = Field(description="a sentence, in the language of Accept-Language")
    data: dict[str, Any] = Field(
        examples=[{"submission": 12, "title": "lenet-slim", "accuracy": 0.9859}],
        description="what it is about, by kind: submission, title, comment, accuracy, outcome, yours",
    )
    by: str | None = Field(examples=["ma-li"], description="handle of who did it, if somebody did")
    path: str = Field(examples=["/s/12"], description="the page that it is about")
    created: datetime
    read: datetime | None


class Notifications(BaseModel):
    """A part of mine, newest first."""

    notifications: list[NotificationBody]
    unread: int = Field(description="how many of all are new")
    next: str | None = Field(description="address of the part that follows; null at the end")


class MarkedRead(BaseModel):
    """How many were new until now."""

    marked: int


@router.get("", operation_id="listNotifications", summary="What I should hear of", responses=problems(401, 403, 422))
def get_notifications(
    request: Request,
    caller: Caller,
    part: AskedPart,
    unread: Annotated[bool, Query(description="1: only those that are new.")] = False,
) -> Notifications:
    """Newest first. Reading them here does not mark them as read."""
    user_id = caller.stored_id
    with session_scope() as session:
        found = notifications.notifications_of(
            session, user_id, part.limit + 1, before=part.position, only_unread=unread
        )
        shown, following = part.cut(found, lambda each: each.stored_id)
        bodies = [_body(request, view) for view in notification_views(session, shown)]
        count = notifications.unread_count(session, user_id)
    return Notifications(notifications=bodies, unread=count, next=following)


def _body(request: Request, view: NotificationView) -> NotificationBody:
    notification: Notification = view.notification
    return NotificationBody(
        id=notification.stored_id,
        kind=notification.kind,
        words=view.words(api_language(request)),
        data={name: value for name, value in view.data.items() if name != "by"},
        by=view.by.handle if view.by else None,
        path=view.path,
        created=notification.created,
        read=notification.read,
    )


@router.post(
    "/read", operation_id="markAllNotificationsRead", summary="Mark all of mine as read", responses=problems(401, 403)
)
def post_all_read(caller: Caller) -> MarkedRead:
    """Returns how many were new."""
    with session_scope() as session:
        return MarkedRead(marked=notifications.mark_all_read(session, caller.stored_id))


@router.post(
    "/{notification_id}/read",
    operation_id="markNotificationRead",
    summary="Mark one of mine as read",
    responses=problems(401, 403, 404, 422),
)
def post_read(notification_id: int, request: Request, caller: Caller) -> NotificationBody:
    """Doing it again changes nothing."""
    with session_scope() as session:
        found = notifications.find_notification(session, caller.stored_id, notification_id)
        notifications.mark_read(session, found)
        return _body(request, notification_views(session, [found])[0])
