"""Threads: of a submission, and of the whole board."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from app.core.comments import add_comment
from app.core.database import session_scope
from app.core.submissions import find_visible
from app.core.tables import User
from app.core.threads import count_comments, latest_on_submissions, thread
from app.web.api.bodies import json_body, problems, read_json
from app.web.api.callers import Caller, Reader
from app.web.api.comment_bodies import (
    CommentBody,
    Comments,
    LatestComments,
    NewComment,
    comment_bodies,
    describe_comment,
    text_of,
)
from app.web.api.parts import AskedPart, Part

router = APIRouter(tags=["discussion"])


@router.get(
    "/discussion", operation_id="listDiscussion", summary="The thread of the whole board", responses=problems(401, 422)
)
def get_discussion(reader: Reader, part: AskedPart) -> Comments:
    """Public, oldest first."""
    return _part(None, reader, part)


@router.get(
    "/comments",
    operation_id="listLatestComments",
    summary="What was said last of any submission",
    responses=problems(401, 403, 422),
)
def get_latest(reader: Reader, part: AskedPart) -> LatestComments:
    """Public, newest first, without removed ones. The thread of the whole board is not among them."""
    with session_scope() as session:
        found = latest_on_submissions(session, reader, part.limit + 1, before=part.position)
        shown, following = part.cut(found, lambda row: row[0].comment.stored_id)
        bodies = [comment_bodies([said], submission.number, reader)[0] for said, submission in shown]
    return LatestComments(comments=bodies, next=following)


@router.get(
    "/submissions/{number}/comments",
    operation_id="listComments",
    summary="The thread of a submission",
    responses=problems(401, 404, 422),
)
def get_comments(number: int, reader: Reader, part: AskedPart) -> Comments:
    """Public, oldest first."""
    return _part(number, reader, part)


def _part(number: int | None, reader: User | None, part: Part) -> Comments:
    with session_scope() as session:
        submission = None if number is None else find_visible(session, number, reader)
        said = thread(session, submission, reader, part.limit + 1, after=part.after)
        count = count_comments(session, submission)
        shown, following = part.cut(said, lambda each: each.comment.stored_id)
        bodies = comment_bodies(list(shown), number, reader)
    return Comments(comments=bodies, count=count, next=following)


@router.post(
    "/discussion",
    operation_id="createDiscussionComment",
    summary="Say something to the whole board",
    status_code=201,
    responses=problems(400, 401, 403, 413, 415, 422, 429),
    openapi_extra=json_body(NewComment),
)
async def post_discussion(request: Request, response: Response, caller: Caller) -> CommentBody:
    """The same text again within a minute is the same comment."""
    return await _add(None, request, response, caller)


@router.post(
    "/submissions/{number}/comments",
    operation_id="createComment",
    summary="Say something of a submission",
    status_code=201,
    responses=problems(400, 401, 403, 404, 413, 415, 422, 429),
    openapi_extra=json_body(NewComment),
)
async def post_comment(number: int, request: Request, response: Response, caller: Caller) -> CommentBody:
    """Its author is told. The same text again within a minute is the same comment."""
    return await _add(number, request, response, caller)


async def _add(number: int | None, request: Request, response: Response, caller: User) -> CommentBody:
    text = text_of(await read_json(request))
    body = await run_in_threadpool(_store, number, caller, text)
    response.headers["Location"] = f"/api/v1/comments/{body.id}"
    return body


def _store(number: int | None, caller: User, text: str) -> CommentBody:
    with session_scope() as session:
        submission = None if number is None else find_visible(session, number, caller)
        return describe_comment(session, add_comment(session, caller, submission, text), caller)
