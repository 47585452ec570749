"""Two submissions side by side."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from app.core.comparison import Comparison, DigitRow, Disagreement, Side, compare
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.submissions import find_visible
from app.web import pair_words
from app.web.api.bodies import problems
from app.web.api.callers import Reader
from app.web.api.submission_bodies import Author
from app.web.api.wording import words

router = APIRouter(tags=["comparisons"])


class SideBody(BaseModel):
    """One of the two. `seed`: that of the run compared; of several the nearest to their mean, of two as near the first.

    `wrong` and `accuracy` are of that run. The board ranks `mean_wrong`.
    """

    number: int
    title: str
    author: Author
    seed: int
    wrong: int
    total: int
    accuracy: float
    parameters: int
    mean_wrong: float = Field(description="over all its seeds")
    deviation_wrong: float | None
    seeds: int


class PairBody(BaseModel):
    """The same images read by one run of each, and what that says. Of other seeds it says nothing."""

    both_right: int
    only_first_right: int
    only_second_right: int
    neither_right: int
    p_value: float = Field(examples=[0.012], description="exact McNemar test, two-sided")
    is_significant: bool = Field(description="p below 0.05, of these two runs; decides where `low`–`high` differs")
    difference: float = Field(examples=[0.0023], description="accuracy of the first less that of the second, −1..1")
    low: float = Field(description="95 % score interval of the difference (Tango 1998)")
    high: float


class SettingChangeBody(BaseModel):
    """A setting that differs."""

    name: str = Field(examples=["learning_rate", "option.dropout"])
    first: Any
    second: Any


class DigitPairBody(BaseModel):
    """Mistakes on one digit."""

    digit: int
    total: int
    first_wrong: int
    second_wrong: int


class DisagreementBody(BaseModel):
    """An image that only one reads right."""

    index: int
    label: int
    first: int = Field(description="what the first reads")
    second: int
    first_confidence: float
    second_confidence: float


class ComparisonBody(BaseModel):
    """Both sides; verdict and remarks are in the language of Accept-Language."""

    verdict: str = Field(
        description="by the paired test; where one side has several seeds, by the means that the board ranks"
    )
    remarks: list[str] = Field(description="where there are several seeds: what the paired test then speaks of")
    mean_difference: float = Field(
        description="wrong images of the second less those of the first, means over seeds; above 0 the first is ahead"
    )
    first: SideBody
    second: SideBody
    pair: PairBody
    settings: list[SettingChangeBody]
    digits: list[DigitPairBody]
    only_first: list[DisagreementBody] = Field(description="the surest mistakes of the second first")
    only_second: list[DisagreementBody]


@router.get(
    "/compare",
    operation_id="compareSubmissions",
    summary="Compare two submissions",
    responses=problems(401, 404, 409, 422),
)
def get_comparison(
    request: Request,
    reader: Reader,
    a: Annotated[int, Query(description="number of the first", examples=[117])],
    b: Annotated[int, Query(description="number of the second", examples=[98])],
) -> ComparisonBody:
    """Public. 409 where one has no result, or the two were measured on different images."""
    with session_scope() as session:
        first, second = (find_visible(session, number, reader) for number in (a, b))
        return _body(compare(session, get_jobs(), first, second), request)


def _body(found: Comparison, request: Request) -> ComparisonBody:
    return ComparisonBody(
        verdict=words(request, pair_words.verdict(found)),
        remarks=[words(request, remark) for remark in pair_words.remarks(found)],
        mean_difference=found.fewer_wrong,
        first=_side(found.first),
        second=_side(found.second),
        pair=pair_body(found),
        settings=[SettingChangeBody(name=each.name, first=each.before, second=each.after) for each in found.changes],
        digits=[_digit(row) for row in found.digits],
        only_first=[_disagreement(each) for each in found.only_first],
        only_second=[_disagreement(each) for each in found.only_second],
    )


def _side(side: Side) -> SideBody:
    return SideBody(
        number=side.number,
        title=side.submission.title,
        author=Author(handle=side.author.handle, name=side.author.name),
        seed=side.shown.seed,
        wrong=side.wrong,
        total=side.result.total,
        accuracy=side.result.correct / side.result.total,
        parameters=side.result.parameters,
        mean_wrong=side.spread.mean,
        deviation_wrong=side.spread.deviation,
        seeds=len(side.spread.wrong),
    )


def pair_body(found: Comparison) -> PairBody:
    """The pair of both sides' shown runs."""
    pair = found.pair
    return PairBody(
        both_right=pair.both,
        only_first_right=pair.only_first,
        only_second_right=pair.only_second,
        neither_right=pair.neither,
        p_value=pair.p_value,
        is_significant=pair.is_significant,
        difference=pair.difference,
        low=pair.low,
        high=pair.high,
    )


def _digit(row: DigitRow) -> DigitPairBody:
    return DigitPairBody(digit=row.digit, total=row.total, first_wrong=row.first_wrong, second_wrong=row.second_wrong)


def _disagreement(each: Disagreement) -> DisagreementBody:
    return DisagreementBody(**vars(each))
