"""What the API says of a result beyond its accuracy."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field
from sqlmodel import Session

from app.core.calibration import reliability, unpacked
from app.core.disputed_labels import undisputed
from app.core.looks import best_of_equals, count_looks
from app.core.ranking import interval
from app.core.robustness import read_robustness
from app.core.tables import Result, Submission
from app.web.analysis_view import MEASUREMENTS, has_measured, reason_of
from app.web.api.wording import words


class DigitAccuracy(BaseModel):
    """How one digit is read; `accuracy` and its 95 % interval are null where the test set has none of it."""

    digit: int
    right: int
    total: int
    accuracy: float | None
    low: float | None
    high: float | None


class ReliabilityBin(BaseModel):
    """Answers of one stretch of confidence, which holds its upper end."""

    low: float = Field(examples=[0.9333])
    high: float = Field(examples=[1.0])
    count: int = Field(examples=[9512])
    confidence: float = Field(examples=[0.9934], description="mean, 0 to 1")
    accuracy: float = Field(examples=[0.9951], description="share that is right, 0 to 1")


class ImageChangeBody(BaseModel):
    """One kind of change of the test images, from weak to strong."""

    name: str = Field(examples=["shifted"])
    unit: str = Field(examples=["px"])
    strengths: list[float] = Field(examples=[[1, 2, 3, 4]])
    correct: list[int] = Field(examples=[[990, 970, 900, 700]], description="of `total`")


class RobustnessBody(BaseModel):
    """How changed test images are read; each change was made to the same `total` of them."""

    total: int = Field(examples=[1000])
    mean: float = Field(examples=[0.931], description="share read right over all changes and strengths, 0 to 1")
    weakest: float = Field(examples=[0.981], description="share read right at the weakest strength of each change")
    falls_at_once: bool = Field(
        description="the weakest changes cost more than a third: the network has most likely learned the test images "
        "by heart, or hangs on single pixels; false does not rule that out"
    )
    changes: list[ImageChangeBody]


class UndisputedBody(BaseModel):
    """The accuracy of the recipe's own seed without the images whose labels people doubt. Nothing is ranked by it."""

    accuracy: float
    correct: int
    total: int
    left_out: int = Field(examples=[15])


class LooksBody(BaseModel):
    """How often this test set was used, once per test after an epoch, and what luck alone gives."""

    student: int = Field(description="by the author")
    everybody: int = Field(description="by the whole class, the author included; baselines do not count")
    best_by_luck: float | None = Field(
        description="accuracy that the best of `everybody` equal networks would show on average if each truly had this "
        "result's accuracy and they erred independently: an upper bound, as networks err on the same images"
    )


class AnalysisBody(BaseModel):
    """A result beyond its accuracy."""

    digits: list[DigitAccuracy]
    reliability: list[ReliabilityBin]
    robustness: RobustnessBody | None
    unmeasured: dict[str, str] = Field(
        description="why flops, latency or robustness is null, in the language of Accept-Language"
    )
    undisputed: UndisputedBody | None = Field(description="null where no labels of the test set are doubted")
    looks: LooksBody


def analyse(session: Session, submission: Submission, result: Result, request: Request) -> AnalysisBody:
    """All of it for one result."""
    sure, hits = unpacked(result.confidences, result.hits)
    without = undisputed(submission.dataset, hits)
    return AnalysisBody(
        digits=[_digit(digit, row[digit], sum(row)) for digit, row in enumerate(result.confusion)],
        reliability=[ReliabilityBin(**vars(each)) for each in reliability(sure, hits)],
        robustness=_robustness(result),
        unmeasured={
            name: words(request, reason_of(result, name)) for name in MEASUREMENTS if not has_measured(result, name)
        },
        undisputed=UndisputedBody(**vars(without), accuracy=without.accuracy) if without else None,
        looks=_looks(session, submission, result),
    )


def _digit(digit: int, right: int, total: int) -> DigitAccuracy:
    low, high = interval(right, total) if total else (None, None)
    return DigitAccuracy(
        digit=digit, right=right, total=total, accuracy=right / total if total else None, low=low, high=high
    )


def _robustness(result: Result) -> RobustnessBody | None:
    found = read_robustness(result.robustness)
    if found is None:
        return None
    shown: list[dict[str, Any]] = [
        {"name": each.name, "unit": each.unit, "strengths": each.strengths, "correct": each.correct}
        for each in found.changes
    ]
    return RobustnessBody(
        total=found.total,
        mean=found.mean,
        weakest=found.weakest,
        falls_at_once=found.falls_at_once(result.correct / result.total),
        changes=[ImageChangeBody(**each) for each in shown],
    )


def _looks(session: Session, submission: Submission, result: Result) -> LooksBody:
    looks = count_looks(session, submission.dataset, submission.user_id)
    accuracy = result.correct / result.total
    best = best_of_equals(accuracy, result.total, looks.everybody) if looks.everybody > 1 else None
    return LooksBody(student=looks.student, everybody=looks.everybody, best_by_luck=best)
