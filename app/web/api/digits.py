"""The test images, and how the networks on the board read them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.core.database import session_scope
from app.core.digits import KINDS
from app.core.disputed_labels import Dispute
from app.core.readings import find_readings
from app.core.settings import get_settings
from app.core.test_set import find_test_set
from app.web.api.bodies import problems
from app.web.api.parts import Part, part_of
from app.web.digit_images import image_url
from app.web.digit_view import Answer, view_digit
from app.web.digits_view import ListedDigit, list_digits

router = APIRouter(tags=["digits"])
DigitsPart = Annotated[Part, part_of(60)]


class DisputeBody(BaseModel):
    """A label that people doubt: how many of five judges chose what."""

    given: int = Field(examples=[8], description="the official label")
    guessed: int = Field(examples=[9], description="what the authors' method took for the right one")
    for_given: int = Field(examples=[0])
    for_guessed: int = Field(examples=[5])
    for_neither: int = Field(examples=[0], description="both digits or neither")


class ListedDigitBody(BaseModel):
    """One test image."""

    index: int = Field(examples=[947], description="into the test set, from 0")
    label: int | None = Field(examples=[8], description="null while no worker has prepared the test set")
    right: int = Field(description="models on the board that read it right")
    mistake: int | None = Field(examples=[9], description="what most of the others take it for")
    dispute: DisputeBody | None
    url: str = Field(examples=["/api/v1/digits/947"])
    image_url: str = Field(examples=["/digits/947.png?v=1f2e3d4c"])


class DigitsBody(BaseModel):
    """A part of a list. `next` is the address of the following part, or null."""

    show: str
    models: int = Field(description="on the board: the best of each student, and the baselines")
    length: int = Field(description="of the whole list")
    rows: list[ListedDigitBody]
    next: str | None


class AnswerBody(BaseModel):
    """What one network reads in an image."""

    number: int = Field(examples=[12])
    title: str
    author: str = Field(examples=["zhou-yi"], description="the author's handle")
    read: int = Field(examples=[9])
    confidence: float = Field(examples=[0.98], description="0 to 1")
    is_right: bool


class DigitBody(ListedDigitBody):
    """One test image with a part of the answers, best model first. `next` is the address of the part after, or null.

    `counts`: how many of all `models` read it as each digit, 0 to 9.
    """

    counts: list[int]
    models: int
    answers: list[AnswerBody]
    next: str | None


@router.get(
    "/digits",
    operation_id="listDigits",
    summary="The hardest test images, those that only one model reads, that none reads, or whose label is doubted",
    responses=problems(422),
)
def get_digits(
    part: DigitsPart,
    show: Annotated[Literal["hardest", "one", "nobody", "disputed"], Query(description="Which list.")] = "hardest",
) -> DigitsBody:
    """Public. Of the best network of each student, and of the baselines."""
    dataset = get_settings().dataset
    with session_scope() as session:
        readings = find_readings(session, dataset)
        found = list_digits(KINDS[show], readings, find_test_set(), dataset, part.after, part.limit)
    return DigitsBody(
        show=show,
        models=found.models,
        length=found.length,
        rows=[_listed(each) for each in found.digits],
        next=part.next_count(found.length),
    )


@router.get(
    "/digits/{index}",
    operation_id="getDigit",
    summary="One test image with the answers of the networks on the board",
    responses=problems(404, 422),
)
def get_digit(index: int, part: DigitsPart) -> DigitBody:
    """Public."""
    with session_scope() as session:
        view = view_digit(session, get_settings().dataset, index, part.after, part.limit)
    return DigitBody(
        **_listed(view.digit).model_dump(),
        counts=list(view.counts),
        models=view.models,
        answers=[_answer(each) for each in view.answers],
        next=part.next_count(view.models),
    )


def _listed(digit: ListedDigit) -> ListedDigitBody:
    return ListedDigitBody(
        index=digit.index,
        label=digit.label,
        right=digit.right,
        mistake=digit.mistake,
        dispute=_dispute(digit.dispute) if digit.dispute else None,
        url=f"/api/v1/digits/{digit.index}",
        image_url=image_url(digit.index),
    )


def _dispute(dispute: Dispute) -> DisputeBody:
    return DisputeBody(
        given=dispute.given,
        guessed=dispute.guessed,
        for_given=dispute.for_given,
        for_guessed=dispute.for_guessed,
        for_neither=dispute.for_neither,
    )


def _answer(answer: Answer) -> AnswerBody:
    entry = answer.entry
    return AnswerBody(
        number=entry.number,
        title=entry.title,
        author=entry.handle,
        read=answer.read,
        confidence=answer.confidence,
        is_right=answer.is_right,
    )
