"""GET and POST /discussion and /s/{number}/comments: threads, with a form for members."""

from typing import Annotated

from fastapi import APIRouter, Form
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.core.comments import add_comment
from app.core.errors import InvalidFields, TooMany
from app.core.submissions import find_visible
from app.core.tables import Submission, User
from app.core.threads import latest_on_submissions
from app.web.dependencies import CurrentUser, DbSession, FromOurForm, OptionalUser, ThisPage
from app.web.discussion_view import Discussion, discussion_of, place_of, preview_of
from app.web.page import Page
from app.web.page_numbers import page_number
from app.web.sessions import Reader

router = APIRouter()
Text = Annotated[str, Form()]
# So many lines of what is said elsewhere leave the thread itself in sight.
LATEST = 8


@router.get("/discussion")
def get_discussion(page: ThisPage, session: DbSession, part: str = "") -> Response:
    """The thread of the whole board; its newest part unless another is asked for."""
    return _show(page, discussion_of(session, None, page, page_number(part) if part else 0))


@router.get("/s/{number}/comments")
def get_comments(page: ThisPage, session: DbSession, reader: OptionalUser, number: int, part: str = "") -> Response:
    """The thread of a submission without the rest of its page."""
    submission = find_visible(session, number, reader)
    return _show(page, discussion_of(session, submission, page, page_number(part) if part else 0))


@router.post("/discussion", dependencies=[FromOurForm])
def post_discussion(
    page: ThisPage, session: DbSession, reader: CurrentUser, text: Text = "", preview: Text = ""
) -> Response:
    """Say something to everybody, or look at it first."""
    if preview:
        return _preview(page, session, None, text)
    return _add(page, session, reader, None, text)


@router.post("/s/{number}/comments", dependencies=[FromOurForm])
def post_comment(
    page: ThisPage, session: DbSession, reader: CurrentUser, number: int, text: Text = "", preview: Text = ""
) -> Response:
    """Say something of a submission, or look at it first."""
    submission = find_visible(session, number, reader)
    if preview:
        return _preview(page, session, submission, text)
    return _add(page, session, reader, submission, text)


def _preview(page: Page, session: Session, submission: Submission | None, text: str) -> Response:
    """The form again, with its text as it will be shown above it. Nothing is kept."""
    shown = discussion_of(session, submission, page)
    shown.text = text
    try:
        shown.preview = preview_of(session, text)
    except InvalidFields as error:
        shown.errors = error.fields
    return _show(page, shown)


def _add(page: Page, session: Session, reader: Reader, submission: Submission | None, text: str) -> Response:
    try:
        comment = add_comment(session, session.get_one(User, reader.id), submission, text)
    except InvalidFields as error:
        shown = discussion_of(session, submission, page)
        shown.text, shown.errors = text, error.fields
        return _show(page, shown)
    except TooMany as error:
        # What somebody wrote must not be lost because they wrote much.
        shown = discussion_of(session, submission, page)
        shown.text, shown.errors = text, {"text": error.sentence}
        response = _show(page, shown, error.status)
        response.headers["Retry-After"] = str(error.retry_after_s)
        return response
    return RedirectResponse(place_of(session, comment), 303)


def _show(page: Page, discussion: Discussion, status: int = 422) -> Response:
    is_board = discussion.submission is None
    latest = latest_on_submissions(discussion.session, page.reader, LATEST) if is_board else []
    status = status if discussion.errors else 200
    return page.render("discussion.html", status, discussion=discussion, latest=latest)
