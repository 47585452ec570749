"""GET /notifications, GET /notifications/{id}, POST /notifications/read: what I should hear of."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from app.core.notification_settings import KIND_WORDS, muted_kinds
from app.core.notifications import (
    count_notifications,
    find_notification,
    mark_all_read,
    mark_read,
    notifications_of,
    unread_count,
)
from app.core.tables import User
from app.web.dependencies import CurrentUser, DbSession, FromOurForm, ThisPage
from app.web.feed_keys import make_key
from app.web.notifications_view import NotificationView, notification_views
from app.web.page_numbers import PageNumbers, page_number
from app.web.visibility import is_for_members

router = APIRouter(prefix="/notifications")
PART = 50


@router.get("")
def get_notifications(page: ThisPage, session: DbSession, reader: CurrentUser, part: str = "") -> Response:
    """Newest first; new ones are marked until they are opened or marked as read."""
    length = count_notifications(session, reader.id)
    pages = PageNumbers(page_number(part), length, PART, "/notifications", {})
    views = notification_views(session, notifications_of(session, reader.id, PART, pages.start))
    unread = unread_count(session, reader.id)
    user = session.get_one(User, reader.id)
    return page.render(
        "notifications.html",
        views=views,
        pages=pages,
        unread=unread,
        kind_words=KIND_WORDS,
        muted=muted_kinds(user),
        feed_key=make_key(user) if is_for_members(session) else "",
    )


@router.get("/{notification_id}")
def get_notification(session: DbSession, reader: CurrentUser, notification_id: int) -> RedirectResponse:
    """Go to what it is about; from then on it is no longer new."""
    found = find_notification(session, reader.id, notification_id)
    mark_read(session, found)
    return RedirectResponse(NotificationView(found, None, found.data).path, 303)


@router.post("/read", dependencies=[FromOurForm])
def post_read(session: DbSession, reader: CurrentUser) -> RedirectResponse:
    """Mark all as read."""
    mark_all_read(session, reader.id)
    return RedirectResponse("/notifications", 303)
