"""GET /comments/{id} and what can be done with a comment: edit, remove, restore, find helpful."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from app.core import comments
from app.core.errors import InvalidFields
from app.core.sentences import Sentence
from app.core.tables import Comment, User
from app.web.dependencies import CurrentUser, DbSession, FromOurForm, OptionalUser, ThisPage
from app.web.discussion_view import place_of, preview_of
from app.web.page import Page

router = APIRouter(prefix="/comments/{comment_id}")


@router.get("")
def get_comment(session: DbSession, reader: OptionalUser, comment_id: int) -> RedirectResponse:
    """Where it stands: the address of a comment stays, its part of a thread may not."""
    return RedirectResponse(place_of(session, comments.find_comment(session, comment_id, reader)), 303)


@router.get("/edit")
def get_edit(page: ThisPage, session: DbSession, reader: CurrentUser, comment_id: int) -> Response:
    """Its text in a form."""
    comment = comments.find_comment(session, comment_id, reader)
    comments.require_editable(session.get_one(User, reader.id), comment)
    return _edit_form(page, comment, comment.text, {})


@router.post("/edit", dependencies=[FromOurForm])
def post_edit(
    page: ThisPage,
    session: DbSession,
    reader: CurrentUser,
    comment_id: int,
    text: Annotated[str, Form()] = "",
    preview: Annotated[str, Form()] = "",
) -> Response:
    """Change it, or look at it first."""
    comment = comments.find_comment(session, comment_id, reader)
    user = session.get_one(User, reader.id)
    try:
        if preview:
            comments.require_editable(user, comment)
            return _edit_form(page, comment, text, {}, preview_of(session, text))
        comments.edit_comment(session, user, comment, text)
    except InvalidFields as error:
        return _edit_form(page, comment, text, error.fields)
    return RedirectResponse(place_of(session, comment), 303)


def _edit_form(
    page: Page, comment: Comment, text: str, errors: Mapping[str, Sentence], preview: Markup | None = None
) -> Response:
    status = 422 if errors else 200
    return page.render("comment_edit.html", status, comment=comment, text=text, errors=errors, preview=preview)


@router.get("/remove")
def get_remove(page: ThisPage, session: DbSession, reader: CurrentUser, comment_id: int) -> Response:
    """Asks first."""
    comment = comments.find_comment(session, comment_id, reader)
    comments.require_removable(session.get_one(User, reader.id), comment)
    return page.render("comment_remove.html", comment=comment)


@router.post("/remove", dependencies=[FromOurForm])
def post_remove(session: DbSession, reader: CurrentUser, comment_id: int) -> RedirectResponse:
    """Leave a trace in its place."""
    comment = comments.find_comment(session, comment_id, reader)
    comments.remove_comment(session, session.get_one(User, reader.id), comment)
    return RedirectResponse(place_of(session, comment), 303)


@router.post("/restore", dependencies=[FromOurForm])
def post_restore(session: DbSession, reader: CurrentUser, comment_id: int) -> RedirectResponse:
    """For its author if they removed it, else for teachers."""
    comment = comments.find_comment(session, comment_id, reader)
    comments.restore_comment(session, session.get_one(User, reader.id), comment)
    return RedirectResponse(place_of(session, comment), 303)


@router.post("/helpful", dependencies=[FromOurForm])
def post_helpful(session: DbSession, reader: CurrentUser, comment_id: int) -> RedirectResponse:
    """Say that it helped, or take that back."""
    comment = comments.find_comment(session, comment_id, reader)
    comments.toggle_helpful(session, session.get_one(User, reader.id), comment)
    return RedirectResponse(place_of(session, comment), 303)
