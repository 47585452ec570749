"""All submissions, and what a teacher does with one or many of them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.core import moderation, submissions
from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.jobs import get_jobs
from app.core.moderation import ACTIONS, Done
from app.core.moderation_list import STATES, Filter, Line, find_lines, matching_numbers
from app.core.runs import State
from app.core.sentences import N_, Sentence
from app.core.tables import User
from app.web.api.bodies import json_body, problems
from app.web.api.parts import AskedPart
from app.web.api.shapes import read_known
from app.web.api.submission_bodies import Author, SubmissionBody, describe
from app.web.api.teaching import Teacher
from app.web.api.wording import words

router = APIRouter(tags=["class"])
TEXT_MAXIMUM = 200
NUMBERS_MAXIMUM = 10_000
WRONG_NUMBERS = N_("numbers must be a list of 1 to %(maximum)s numbers of submissions, or be left out with all = true.")
WRONG_FILTER = N_("%(name)s must be a text of at most %(maximum)s characters; “%(value)s” was given.")
WRONG_STATE = N_("There is no state “%(value)s”. Choose one of: %(choices)s.")
Asked = Annotated[str, Query(max_length=TEXT_MAXIMUM)]
StateName = Literal["queued", "running", "finished", "failed", "again", "hidden", "withdrawn"]


class ModeratedSubmission(BaseModel):
    """A submission in the teacher's list."""

    number: int = Field(examples=[12])
    title: str = Field(examples=["lenet-slim"])
    author: Author
    created: datetime
    state: State
    outcome: str | None = Field(examples=["ok"])
    accuracy: float | None = Field(examples=[0.9838], description="with the recipe's own seed; null without a result")
    hidden: datetime | None
    withdrawn: datetime | None
    again: bool = Field(description="whether it is being evaluated again")
    is_late: bool = Field(description="whether it was submitted outside the class' time, so that it takes no rank")
    url: str = Field(examples=["/api/v1/submissions/12"])


class ModeratedSubmissions(BaseModel):
    """A part of the list, newest first."""

    rows: list[ModeratedSubmission]
    next: str | None = Field(description="address of the part that follows; null at the end")


class Action(BaseModel):
    """What is to be done, and with which submissions: with those of `numbers`, or with all that match the filter."""

    action: Literal["hide", "show", "withdraw", "restore", "retry", "reevaluate"] = Field(examples=["reevaluate"])
    numbers: list[int] | None = Field(default=None, max_length=NUMBERS_MAXIMUM, examples=[[12, 15]])
    all: bool = Field(default=False, description="true: with all that match state, text and student")
    state: StateName | None = None
    text: str | None = Field(default=None, max_length=TEXT_MAXIMUM)
    student: str | None = Field(default=None, max_length=TEXT_MAXIMUM)


class LeftOut(BaseModel):
    """A submission that stayed as it was."""

    number: int
    reason: str = Field(description="in the language of Accept-Language")


class ActionDone(BaseModel):
    """What came of it."""

    action: str = Field(examples=["hide"])
    changed: list[int] = Field(examples=[[12, 15]])
    left_out: list[LeftOut]
    undo_url: str | None = Field(examples=["/api/v1/teach/undo/7"], description="POST there undoes it")


@router.get(
    "/teach/submissions",
    operation_id="listModeratedSubmissions",
    summary="All submissions, hidden and withdrawn ones too",
    responses=problems(401, 403, 422),
)
def get_submissions(
    caller: Teacher,
    part: AskedPart,
    state: Annotated[StateName | None, Query(description="Only those in this state.")] = None,
    text: Annotated[
        str, Query(max_length=TEXT_MAXIMUM, description="In title, notes, names of files and author; or `#12`.")
    ] = "",
    student: Annotated[str, Query(max_length=TEXT_MAXIMUM, description="Only of the student with this handle.")] = "",
) -> ModeratedSubmissions:
    """For teachers."""
    wanted = Filter(state or "", text, student)
    with session_scope() as session:
        found = find_lines(session, get_jobs(), wanted, part.limit + 1, before=part.position)
        shown, following = part.cut(found, lambda line: line.submission.number or 0)
        return ModeratedSubmissions(rows=[_row(line) for line in shown], next=following)


def _row(line: Line) -> ModeratedSubmission:
    submission = line.submission
    return ModeratedSubmission(
        number=submission.number or 0,
        title=submission.title,
        author=Author(handle=line.author.handle, name=line.author.name),
        created=submission.created,
        state=line.standing.state,
        outcome=line.standing.outcome,
        accuracy=line.accuracy,
        hidden=submission.hidden,
        withdrawn=submission.withdrawn,
        again=line.is_again,
        is_late=line.is_late,
        url=f"/api/v1/submissions/{submission.number}",
    )


@router.post(
    "/teach/submissions/actions",
    operation_id="moderateSubmissions",
    summary="Hide, show, withdraw, restore, run or evaluate many again",
    responses=problems(400, 401, 403, 413, 415, 422),
    openapi_extra=json_body(Action),
)
async def post_actions(request: Request, caller: Teacher) -> ActionDone:
    """For teachers. `reevaluate` keeps the score until the new run has ended well; nobody is charged for it.

    What cannot be done with one of them leaves that one out, with its reason.
    """
    return await run_in_threadpool(_act, await read_known(request, Action), caller, request)


def _act(sent: dict[str, Any], caller: User, request: Request) -> ActionDone:
    action, numbers, wanted = _read(sent)
    with session_scope() as session:
        chosen = matching_numbers(session, get_jobs(), wanted) if numbers is None else numbers
        found, missing = moderation.find_all(session, chosen)
        done = moderation.act_on(session, get_jobs(), caller, found, action)
    return _body(done, missing, request)


def _read(sent: dict[str, Any]) -> tuple[str, list[int] | None, Filter]:
    """The action, the numbers or None for all, and the filter. Raises InvalidFields."""
    errors: dict[str, Sentence] = {}
    action, numbers = sent.get("action"), sent.get("numbers")
    if not isinstance(action, str) or action not in ACTIONS:
        values = {"value": str(action)[:40], "choices": ", ".join(ACTIONS)}
        errors["action"] = Sentence(moderation.UNKNOWN_ACTION, values)
    wanted = Filter(*(_text(sent, name, errors) for name in ("state", "text", "student")))
    if (sent.get("all") is not True or numbers is not None) and not _are_numbers(numbers):
        errors["numbers"] = Sentence(WRONG_NUMBERS, {"maximum": NUMBERS_MAXIMUM})
    if errors:
        raise InvalidFields(errors)
    return str(action), numbers, wanted


def _are_numbers(given: object) -> bool:
    is_list = isinstance(given, list) and 0 < len(given) <= NUMBERS_MAXIMUM
    return is_list and all(type(number) is int for number in given)  # type: ignore[attr-defined]


def _text(sent: dict[str, Any], name: str, errors: dict[str, Sentence]) -> str:
    given = sent.get(name)
    if given is None:
        return ""
    if not isinstance(given, str) or len(given) > TEXT_MAXIMUM:
        values = {"name": name, "maximum": TEXT_MAXIMUM, "value": str(given)[:40]}
        errors[name] = Sentence(WRONG_FILTER, values)
        return ""
    if name == "state" and given not in STATES:
        errors[name] = Sentence(WRONG_STATE, {"value": given[:40], "choices": ", ".join(STATES)})
    return given


def _body(done: Done, missing: dict[int, Sentence], request: Request) -> ActionDone:
    left_out = sorted({**done.left_out, **missing}.items())
    return ActionDone(
        action=done.action,
        changed=list(done.changed),
        left_out=[LeftOut(number=number, reason=words(request, reason)) for number, reason in left_out],
        undo_url=f"/api/v1/teach/undo/{done.undo_id}" if done.undo_id else None,
    )


@router.post(
    "/teach/undo/{audit_id}",
    operation_id="undoAction",
    summary="Undo what was done with submissions",
    responses=problems(401, 403, 404, 422),
)
def post_undo(audit_id: int, request: Request, caller: Teacher) -> ActionDone:
    """For teachers. Of runs that were asked for, those that have not ended are cancelled."""
    with session_scope() as session:
        done = moderation.undo(session, get_jobs(), caller, audit_id)
    return _body(done, {}, request)


@router.post(
    "/teach/submissions/{number}/{action}",
    operation_id="moderateSubmission",
    summary="hide, show, withdraw, restore, retry or reevaluate a submission",
    responses=problems(401, 403, 404, 409, 422),
)
def post_action(
    number: int, action: Annotated[str, Path(examples=["hide"])], request: Request, caller: Teacher
) -> SubmissionBody:
    """For teachers. Doing it again changes nothing."""
    with session_scope() as session:
        moderation.act_on_one(session, get_jobs(), caller, number, action)
    with session_scope() as session:
        return describe(session, submissions.find(session, number), caller, request)
