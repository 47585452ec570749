"""Submissions: sent, read, withdrawn, run again."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.core import submissions
from app.core.database import session_scope
from app.core.errors import InvalidFields, UnknownContent
from app.core.jobs import get_jobs
from app.core.recipes import Recipe
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.submissions import find_visible
from app.core.tables import User
from app.web.api.bodies import content_kind, json_body, problems, read_json
from app.web.api.callers import Caller, Reader
from app.web.api.submission_bodies import SubmissionBody, describe
from app.web.uploads import accept, key_errors, open_form

router = APIRouter(tags=["submissions"])
FORM_KINDS = ("multipart/form-data", "application/x-www-form-urlencoded")


class NewSubmission(BaseModel):
    """A submission without a file, as JSON. What is left out takes its default."""

    kind: str = Field(default="train", examples=["train"], description="train or evaluate")
    model: str = Field(examples=["yannet"], description="id of a model of GET /models")
    title: str = Field(default="", examples=["YanNet, cosine schedule"], max_length=submissions.TITLE_MAXIMUM)
    notes: str = Field(default="", examples=["Markdown"], max_length=submissions.NOTES_MAXIMUM)
    options: dict[str, float] = Field(default={}, examples=[{"dropout": 0.1}])
    recipe: dict[str, Any] = Field(
        default={}, examples=[{"epochs": 3, "learning_rate": 0.02}], description="fields of GET /recipe"
    )


def _form_schema() -> dict[str, Any]:
    """The same fields flat, and a file."""
    recipe = Recipe.model_json_schema()["properties"]
    texts = {name: {"type": "string"} for name in ("kind", "model", "title", "notes")}
    weights = {"type": "string", "format": "binary", "description": "a .safetensors file, with kind=evaluate"}
    schema = {
        "type": "object",
        "required": ["model"],
        "properties": texts | {"weights": weights} | recipe,
        "additionalProperties": {"type": "number"},
        "description": "Options of the model as option.<name>. Other names are refused.",
    }
    return {"multipart/form-data": {"schema": schema}}


@router.post(
    "/submissions",
    operation_id="createSubmission",
    summary="Submit a model to train, or weights to test",
    status_code=201,
    responses={
        200: {"model": SubmissionBody, "description": "The same key and request again: what they made."},
        **problems(400, 401, 409, 413, 415, 422),
    },
    openapi_extra=json_body(NewSubmission, **_form_schema()),
)
async def post_submission(
    request: Request,
    response: Response,
    caller: Caller,
    idempotency_key: Annotated[
        str | None, Header(description="1 to 200 visible ASCII characters, e.g. a UUID; the same key submits once.")
    ] = None,
) -> SubmissionBody:
    """Send a form with a file, or JSON without one. The answer comes at once; follow `links.events` to the result."""
    asked = await _read_request(request, idempotency_key, caller)
    body, is_new = await run_in_threadpool(_create, request, caller, asked)
    response.headers["Location"] = body.links.self
    if not is_new:
        response.status_code = 200
        response.headers["Idempotent-Replay"] = "true"
    return body


async def _read_request(request: Request, idempotency_key: str | None, caller: User) -> submissions.Request:
    kind = content_kind(request)
    if kind == "application/json":
        return _request_of_json(await read_json(request), idempotency_key)
    if kind in FORM_KINDS:
        async with open_form(request) as form:
            return await accept(form, idempotency_key, caller)
    text = N_("Send multipart/form-data or application/json here; “%(value)s” was sent.")
    raise UnknownContent(Sentence(text, {"value": kind[:60]}))


def _request_of_json(given: dict[str, Any], idempotency_key: str | None) -> submissions.Request:
    errors = key_errors(idempotency_key)
    for name, value in given.items():
        if name not in NewSubmission.model_fields:
            text = N_("There is no field “%(name)s”. The fields are: %(names)s.")
            names = ", ".join(NewSubmission.model_fields)
            errors[name[:40]] = Sentence(text, {"name": name[:40], "names": names})
        elif name in ("options", "recipe") and not isinstance(value, dict):
            text = N_("%(name)s must be an object: {…}; “%(value)s” was given.")
            errors[name] = Sentence(text, {"name": name, "value": str(value)[:40]})
        elif name not in ("options", "recipe") and not isinstance(value, str):
            text = N_("%(name)s must be text; “%(value)s” was given.")
            errors[name] = Sentence(text, {"name": name, "value": str(value)[:40]})
    usable = {name: value for name, value in given.items() if name in NewSubmission.model_fields and name not in errors}
    asked = submissions.Request(**usable, idempotency_key=idempotency_key)
    try:
        submissions.check(asked)
    except InvalidFields as error:
        errors = error.fields | errors
    if errors:
        raise InvalidFields(errors)
    return asked


def _create(request: Request, caller: User, asked: submissions.Request) -> tuple[SubmissionBody, bool]:
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
    responses=problems(401, 403, 404, 409, 422),
)
def post_run(number: int, request: Request, caller: Caller) -> SubmissionBody:
    """For its author and the teacher."""
    with session_scope() as session:
        find_visible(session, number, caller)
        submissions.retry(session, get_jobs(), submissions.find_own(session, number, caller))
    with session_scope() as session:
        return describe(session, submissions.find(session, number), caller, request)
