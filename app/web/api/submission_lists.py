"""Submissions as a list: whose, how far, with which network."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, BeforeValidator, Field

from app.core.board import Board, find_board
from app.core.database import session_scope
from app.core.entries import TIERS
from app.core.errors import InvalidFields
from app.core.jobs import get_jobs
from app.core.outcomes import Outcome
from app.core.ranking import interval
from app.core.runs import State
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.shown_names import shown
from app.core.submission_lists import UPLOADED, Listed, Wanted, list_submissions
from app.core.zoo import zoo
from app.web.api.bodies import problems
from app.web.api.callers import Reader
from app.web.api.parts import AskedPart
from app.web.api.submission_bodies import Author, Interval
from app.web.api.wording import words

router = APIRouter(tags=["submissions"])
KINDS = {tier: kind for kind, tier in TIERS.items()}
HANDLE_MAXIMUM = 60


class ListedResult(BaseModel):
    """What was measured with the recipe's own seed. `score` and `rank` are those of the board, null where not on it."""

    accuracy: float = Field(examples=[0.9838], description="0 to 1, after the last epoch")
    interval: Interval
    correct: int
    wrong: int
    total: int
    test_loss: float
    parameters: int
    train_seconds: float
    ece: float
    score: float | None = Field(examples=[0.9838], description="what ranks: the mean accuracy over all seeds, 0 to 1")
    rank: int | None = Field(description="as on the board's first page")


class ListedSubmission(BaseModel):
    """A submission in a list. All of it stands at `url`."""

    number: int = Field(examples=[12])
    id: str
    title: str
    author: Author
    kind: str = Field(description="train or evaluate")
    tier: str = Field(description="evaluated: brought weights; retrained: trained here", examples=["retrained"])
    dataset: str = Field(examples=["mnist"])
    model: str | None = Field(description="id of a model of the zoo; null if a model file was uploaded")
    model_file: str | None = Field(examples=["net.py"], description="the uploaded network's file")
    recipe: dict[str, Any]
    options: dict[str, Any]
    created: datetime
    withdrawn: datetime | None = Field(description="of one's own only: those of others are not in the list")
    state: State
    outcome: str | None
    message: str | None = Field(description="how the run ended, in the language of Accept-Language")
    result: ListedResult | None
    url: str = Field(examples=["/api/v1/submissions/12"])
    html: str = Field(examples=["/s/12"])


class Submissions(BaseModel):
    """A part of the list, newest first."""

    rows: list[ListedSubmission]
    next: str | None = Field(description="address of the part that follows; null at the end")


def _day(value: Any) -> date:
    """A day as people write it. By itself pydantic takes a number for seconds since 1970."""
    try:
        day = date.fromisoformat(value)
        if day.isoformat() == value:
            return day
    except (TypeError, ValueError):
        pass
    text = N_("“%(value)s” is no date. Write it as 2026-11-23.")
    raise InvalidFields({"since": Sentence(text, {"value": str(value)[:40]})})


@router.get(
    "/submissions",
    operation_id="listSubmissions",
    summary="Submissions, newest first",
    responses=problems(401, 403, 422),
)
def get_submissions(
    request: Request,
    reader: Reader,
    part: AskedPart,
    author: Annotated[
        str, Query(max_length=HANDLE_MAXIMUM, description="Only of the student with this handle; `me` for mine.")
    ] = "",
    state: Annotated[State | None, Query(description="Only those whose latest run is in this state.")] = None,
    outcome: Annotated[Outcome | None, Query(description="Only those whose latest run ended so.")] = None,
    model: Annotated[
        str, Query(max_length=64, description="Only with this model of the zoo; `uploaded`: only with uploaded ones.")
    ] = "",
    tier: Annotated[
        Literal["evaluated", "retrained"] | None, Query(description="Only brought weights, or only trained here.")
    ] = None,
    since: Annotated[
        date | None, BeforeValidator(_day), Query(description="Only what was submitted on this day or later (UTC).")
    ] = None,
) -> Submissions:
    """Public. Withdrawn ones are there for their author only, failed ones for their author and for teachers."""
    if model and model != UPLOADED and model not in zoo():
        text = N_("There is no model “%(value)s”. Choose one of: %(choices)s.")
        values = {"value": model[:40], "choices": ", ".join([UPLOADED, *zoo()])}
        raise InvalidFields({"model": Sentence(text, values)})
    handle = reader.handle if author == "me" and reader else author.removeprefix("@").lower()
    wanted = Wanted(handle, state, outcome, model, KINDS[tier] if tier else "", since)
    with session_scope() as session:
        found = list_submissions(session, get_jobs(), reader, wanted, part.limit + 1, part.position)
        listed, following = part.cut(found, lambda each: each.submission.number or 0)
        board = find_board(session, get_settings().dataset)
        return Submissions(rows=[_body(each, board, request) for each in listed], next=following)


def _body(each: Listed, board: Board, request: Request) -> ListedSubmission:
    submission, author = each.submission, shown(each.author)
    known = submission.model_dump(include=set(ListedSubmission.model_fields) & set(type(submission).model_fields))
    return ListedSubmission(
        **known,
        author=Author(handle=author.handle, name=author.name),
        tier=TIERS[submission.kind],
        model_file=submission.model_file_name,
        state=each.standing.state,
        outcome=each.standing.outcome,
        message=words(request, each.standing.message) if each.standing.message else None,
        result=_result(each, board) if each.measured else None,
        url=f"/api/v1/submissions/{submission.number}",
        html=f"/s/{submission.number}",
    )


def _result(each: Listed, board: Board) -> ListedResult:
    measured = each.measured or {}
    correct, total = measured["correct"], measured["total"]
    entry, placed = board.entry(each.submission.id), board.placed(each.submission.id)
    low, high = interval(correct, total)
    return ListedResult(
        **measured,
        wrong=total - correct,
        accuracy=correct / total,
        interval=Interval(low=low, high=high),
        score=entry.accuracy if entry else None,
        rank=placed.place.rank if placed else None,
    )
