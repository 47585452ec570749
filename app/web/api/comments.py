"""One comment: read, changed, removed, brought back, found helpful."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from app.core import comments
from app.core.database import session_scope
from app.core.tables import Comment, User
from app.web.api.bodies import json_body, problems, read_json
from app.web.api.callers import Caller, Reader
from app.web.api.comment_bodies import CommentBody, NewComment, describe_comment, text_of

router = APIRouter(prefix="/comments/{comment_id}", tags=["discussion"])
Change = Callable[[Session, User, Comment], None]


@router.get("", operation_id="getComment", summary="One comment", responses=problems(401, 404, 422))
def get_comment(comment_id: int, reader: Reader) -> CommentBody:
    """Public, like the page on which it stands."""
    with session_scope() as session:
        return describe_comment(session, comments.find_comment(session, comment_id, reader), reader)


@router.patch(
    "",
    operation_id="editComment",
    summary="Change a comment of mine",
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
    openapi_extra=json_body(NewComment),
)
async def patch_comment(comment_id: int, request: Request, caller: Caller) -> CommentBody:
    """Within 15 minutes; 409 afterwards."""
    text = text_of(await read_json(request))
    return await run_in_threadpool(
        _change, comment_id, caller, lambda session, user, comment: comments.edit_comment(session, user, comment, text)
    )


@router.delete(
    "", operation_id="removeComment", summary="Take a comment's text away", responses=problems(401, 403, 404, 422)
)
def delete_comment(comment_id: int, caller: Caller) -> CommentBody:
    """For its author and teachers. A trace stays; doing it again changes nothing."""
    return _change(comment_id, caller, comments.remove_comment)


@router.post(
    "/restore",
    operation_id="restoreComment",
    summary="Bring a removed comment back",
    responses=problems(401, 403, 404, 422),
)
def post_restore(comment_id: int, caller: Caller) -> CommentBody:
    """For its author if they removed it, else for teachers."""
    return _change(comment_id, caller, comments.restore_comment)


@router.put(
    "/helpful",
    operation_id="markHelpful",
    summary="Say that a comment helped",
    responses=problems(401, 403, 404, 409, 422),
)
def put_helpful(comment_id: int, caller: Caller) -> CommentBody:
    """Once per reader; 409 for one's own."""
    return _change(comment_id, caller, partial(comments.set_helpful, is_helpful=True))


@router.delete(
    "/helpful",
    operation_id="unmarkHelpful",
    summary="Take that back",
    responses=problems(401, 403, 404, 409, 422),
)
def delete_helpful(comment_id: int, caller: Caller) -> CommentBody:
    """Doing it again changes nothing."""
    return _change(comment_id, caller, partial(comments.set_helpful, is_helpful=False))


def _change(comment_id: int, caller: User, change: Change) -> CommentBody:
    with session_scope() as session:
        comment = comments.find_comment(session, comment_id, caller)
        change(session, caller, comment)
        return describe_comment(session, comment, caller)
