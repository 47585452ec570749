"""Submissions: sent, read, withdrawn, run again."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from app.core import requests, submissions
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.settings import get_settings
from app.core.submissions import find_visible
from app.core.tables import User
from app.web.api.bodies import problems
from app.web.api.callers import Caller, Reader
from app.web.api.sent_requests import read_request, request_body
from app.web.api.submission_bodies import SubmissionBody, describe
from app.web.quota_headers import quota_headers_of

router = APIRouter(tags=["submissions"])


@router.post(
    "/submissions",
    operation_id="createSubmission",
    summary="Submit a network to train, or a trained one to test",
    status_code=201,
    responses={
        200: {"model": SubmissionBody, "description": "The same key and request again: what they made."},
        **problems(400, 401, 403, 409, 413, 415, 422, 429),
    },
    openapi_extra=request_body(),
)
async def post_submission(
    request: Request,
    response: Response,
    caller: Caller,
    idempotency_key: Annotated[
        str | None, Header(description="1 to 200 visible ASCII characters, e.g. a UUID; the same key submits once.")
    ] = None,
) -> SubmissionBody:
    """Send a form with files, or JSON without. The answer comes at once; follow `links.events` to the result."""
    asked = await read_request(request, idempotency_key, caller)
    body, is_new = await run_in_threadpool(_create, request, caller, asked)
    response.headers["Location"] = body.links.self
    response.headers.update(await run_in_threadpool(quota_headers_of, caller))
    if not is_new:
        response.status_code = 200
        response.headers["Idempotent-Replay"] = "true"
    return body


def _create(request: Request, caller: User, asked: requests.Request) -> tuple[SubmissionBody, bool]:
    with session_scope() as session:
        submission, is_new = submissions.create(session, get_jobs(), caller, asked, get_settings().dataset)
    with session_scope() as session:
        return describe(session, submission, caller, request), is_new


@router.get(
    "/submissions/{number}",
    operation_id="getSubmission",
    summary="One submission with its run and its result",
    responses=problems(401, 404, 422),
)
def get_submission(number: int, request: Request, reader: Reader) -> SubmissionBody:
    """Public. A withdrawn one is there for its author and the teacher only."""
    with session_scope() as session:
        return describe(session, find_visible(session, number, reader), reader, request)


@router.delete(
    "/submissions/{number}",
    operation_id="withdrawSubmission",
    summary="Cancel a submission's run and take it off the board",
    responses=problems(401, 403, 404, 422),
)
def delete_submission(number: int, request: Request, caller: Caller) -> SubmissionBody:
    """For its author and the teacher. Nothing is deleted; doing it again changes nothing."""
    with session_scope() as session:
        find_visible(session, number, caller)
        submissions.withdraw(session, get_jobs(), submissions.find_own(session, number, caller))
    with session_scope() as session:
        return describe(session, submissions.find(session, number), caller, request)


@router.post(
    "/submissions/{number}/runs",
    operation_id="retrySubmission",
    summary="Run a submission again whose last run failed",
    status_code=201,
    responses=problems(401, 403, 404, 409, 422, 429),
)
def post_run(number: int, request: Request, response: Response, caller: Caller) -> SubmissionBody:
    """For its author and the teacher."""
    with session_scope() as session:
        find_visible(session, number, caller)
        submissions.retry(session, get_jobs(), submissions.find_own(session, number, caller), caller)
    response.headers.update(quota_headers_of(caller))
    with session_scope() as session:
        return describe(session, submissions.find(session, number), caller, request)
