"""Train again with changes: a submission that takes what it does not say from another."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.core import requests, submissions
from app.core.comparison import Comparison, comparison_with
from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.jobs import get_jobs
from app.core.lineage import changes, fork_request, forks_of, parent_of
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.submissions import find_visible
from app.core.tables import User
from app.web import pair_words
from app.web.api.bodies import json_body, problems, read_json
from app.web.api.callers import Caller, Reader
from app.web.api.comparisons import PairBody, pair_body
from app.web.api.submission_bodies import SubmissionBody, describe
from app.web.api.wording import words
from app.web.uploads import key_errors

router = APIRouter(tags=["submissions"])
OBJECTS = ("options", "recipe")
EXAMPLE: dict[str, Any] = {"title": "YanNet, faster", "notes": "A larger step.", "recipe": {"learning_rate": 0.05}}


class NewFork(BaseModel):
    """What is changed; everything else is as in the submission that is forked."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    title: str = Field(default="", examples=["YanNet, faster"], max_length=requests.TITLE_MAXIMUM)
    notes: str = Field(default="", max_length=requests.NOTES_MAXIMUM)
    class_name: str = Field(default="", max_length=requests.CLASS_NAME_MAXIMUM)
    arguments: str = Field(default="", max_length=requests.ARGUMENTS_MAXIMUM)
    options: dict[str, float] = Field(default={}, examples=[{"dropout": 0.1}])
    recipe: dict[str, Any] = Field(default={}, examples=[{"learning_rate": 0.05}])


class ForkChange(BaseModel):
    """A setting that this submission has otherwise than its parent."""

    name: str = Field(examples=["learning_rate", "option.dropout"])
    before: Any = Field(examples=[0.05])
    after: Any = Field(examples=[0.1])


class ForkEffect(BaseModel):
    """What the changes did. In `pair` this submission is the first and its parent the second.

    `verdict` and `remarks` are as in GET /compare, in the language of Accept-Language.
    """

    verdict: str
    remarks: list[str]
    mean_difference: float = Field(
        description="wrong images of the parent less those of this one, each a mean over seeds"
    )
    pair: PairBody


class LineageBody(BaseModel):
    """Numbers of submissions: the one that this one changed, and those that changed this one.

    `changes` and `effect` are of this one against its parent; each fork tells its own under its own number.
    """

    parent: int | None
    changes: list[ForkChange] = Field(description="empty without a parent")
    effect: ForkEffect | None = Field(description="null while one of the two has no result, and without a parent")
    forks: list[int]


@router.post(
    "/submissions/{number}/forks",
    operation_id="forkSubmission",
    summary="Train a submission again with changes",
    status_code=201,
    responses={
        200: {"model": SubmissionBody, "description": "The same key and request again: what they made."},
        **problems(400, 401, 403, 404, 409, 413, 415, 422, 429),
    },
    openapi_extra=json_body(NewFork),
)
async def post_fork(
    number: int,
    request: Request,
    response: Response,
    caller: Caller,
    idempotency_key: Annotated[str | None, Header(description="The same key submits once.")] = None,
) -> SubmissionBody:
    """For everybody who may see its network. Weights are left out: a fork is trained, from the parent's seed."""
    given = await read_json(request)
    body, is_new = await run_in_threadpool(_fork, number, given, idempotency_key, request, caller)
    response.headers["Location"] = body.links.self
    if not is_new:
        response.status_code = 200
        response.headers["Idempotent-Replay"] = "true"
    return body


def _fork(
    number: int, given: dict[str, Any], key: str | None, request: Request, caller: User
) -> tuple[SubmissionBody, bool]:
    if errors := key_errors(key) | _shape_errors(given):
        raise InvalidFields(errors)
    with session_scope() as session:
        before = fork_request(session, find_visible(session, number, caller), caller)
        merged = {name: {**getattr(before, name), **given.get(name, {})} for name in OBJECTS}
        asked = replace(before, **{"notes": ""} | given | merged, idempotency_key=key)
        made, is_new = submissions.create(session, get_jobs(), caller, asked, get_settings().dataset)
    with session_scope() as session:
        return describe(session, made, caller, request), is_new


def _shape_errors(given: dict[str, Any]) -> dict[str, Sentence]:
    errors: dict[str, Sentence] = {}
    for name, value in given.items():
        values = {"name": name[:40], "names": ", ".join(NewFork.model_fields), "value": str(value)[:40]}
        if name not in NewFork.model_fields:
            errors[name[:40]] = Sentence(N_("There is no field “%(name)s”. The fields are: %(names)s."), values)
        elif name in OBJECTS and not isinstance(value, dict):
            errors[name] = Sentence(N_("%(name)s must be an object: {…}; “%(value)s” was given."), values)
        elif name not in OBJECTS and not isinstance(value, str):
            errors[name] = Sentence(N_("%(name)s must be text; “%(value)s” was given."), values)
    return errors


@router.get(
    "/submissions/{number}/forks",
    operation_id="listForks",
    summary="What a submission changed, and what changed it",
    responses=problems(401, 404, 422),
)
def get_forks(number: int, request: Request, reader: Reader) -> LineageBody:
    """Public. More of what a change did is said by GET /compare."""
    with session_scope() as session:
        submission = find_visible(session, number, reader)
        parent = parent_of(session, submission, reader)
        found = comparison_with(session, get_jobs(), submission, parent)
        return LineageBody(
            parent=parent.number if parent else None,
            changes=[ForkChange(**vars(each)) for each in changes(parent, submission)] if parent else [],
            effect=_effect(found, request) if found else None,
            forks=[fork.number or 0 for fork in forks_of(session, submission, reader)],
        )


def _effect(found: Comparison, request: Request) -> ForkEffect:
    return ForkEffect(
        verdict=words(request, pair_words.verdict(found)),
        remarks=[words(request, remark) for remark in pair_words.remarks(found)],
        mean_difference=found.fewer_wrong,
        pair=pair_body(found),
    )
