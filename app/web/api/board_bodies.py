"""What the API and the JSON export say of the board."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from app.core.board import Board, Entry, Placed
from app.core.recipes import reported_recipe
from app.web.api.submission_bodies import Author, Interval
from app.web.board.badges import badges_of
from app.web.board.columns import is_trained_here


class BoardLine(BaseModel):
    """One entry. `rank_best` to `rank_worst` are the ranks that the data allow."""

    rank: int | None = Field(description="in its track; null for baselines, which are not ranked", examples=[3])
    rank_best: int | None = Field(examples=[1])
    rank_worst: int | None = Field(examples=[5])
    number: int
    title: str
    author: Author
    is_baseline: bool
    is_late: bool = Field(description="submitted outside the class' time: no rank")
    badges: list[str] = Field(description="in English", examples=[["Record", "Best in 3 epochs"]])
    kind: str
    tier: str = Field(description="evaluated: brought weights; retrained: trained here", examples=["retrained"])
    model: str | None = Field(description="id of a model of the zoo; null if a model file was uploaded")
    model_file: str | None = Field(examples=["net.py"], description="the uploaded network's file")
    class_name: str = Field(examples=["Net"], description="the network's class in that file")
    arguments: str = Field(examples=["hidden=64"], description="what its constructor got")
    detected: dict[str, Any] = Field(description="how the network was fed and read")
    options: dict[str, Any]
    recipe: dict[str, Any] = Field(
        description="of brought weights only what their author reported and differs from the defaults"
    )
    accuracy: float = Field(examples=[0.9838])
    interval: Interval
    correct: int | float = Field(description="of several seeds the mean, as with accuracy, wrong and test_loss")
    wrong: int | float
    total: int
    seeds: list[int] = Field(description="test images misread with each seed, the recipe's own first", examples=[[162]])
    accuracy_deviation: float | None = Field(description="sample standard deviation over the seeds; null for one")
    claimed_accuracy: float | None = Field(description="what the author says that it is; never ranked")
    test_loss: float
    ece: float = Field(description="expected calibration error")
    robust_accuracy: float | None = Field(description="mean share of changed test images that is read right")
    parameters: int
    flops: int | None = Field(description="of one image")
    has_convolution: bool | None
    size_bytes: int | None = Field(description="of the weights")
    latency_one_ms: float | None = Field(description="median time of one image on one thread")
    latency_thousand_ms: float | None = Field(description="median time of 1,000 images on one thread")
    train_seconds: float
    submitted: datetime
    measured: datetime
    url: str = Field(examples=["/api/v1/submissions/12"])


class TrackBody(BaseModel):
    """A track and how many entries it has."""

    key: str = Field(examples=["3ep"])
    entries: int


class BoardBody(BaseModel):
    """A part of the board. `next` is the address of the following part, or null."""

    dataset: str
    track: str = Field(examples=["all"])
    entries: int = Field(description="in this track")
    matching: int = Field(description="of them with these filters")
    tracks: list[TrackBody]
    rows: list[BoardLine]
    next: str | None


SAME_NAMES = set(BoardLine.model_fields) & set(Entry.__dataclass_fields__) - {"seeds", "correct", "wrong", "recipe"}


def board_lines(board: Board, rows: Iterable[Placed]) -> list[BoardLine]:
    """Lines for rows of this board."""
    return [_line(board, row) for row in rows]


def _line(board: Board, row: Placed) -> BoardLine:
    entry, place = row.entry, row.place
    return BoardLine(
        **{name: getattr(entry, name) for name in SAME_NAMES},
        rank=place.rank,
        rank_best=place.best,
        rank_worst=place.worst,
        author=Author(handle=entry.handle, name=entry.name),
        badges=[badge.words for badge in badges_of(board, entry)],
        recipe=dict(entry.recipe if is_trained_here(entry) else reported_recipe(entry.recipe)),
        accuracy=entry.accuracy,
        interval=Interval(low=place.low, high=place.high),
        correct=whole(entry.correct),
        wrong=whole(entry.wrong),
        seeds=list(entry.seeds),
        accuracy_deviation=entry.deviation,
        measured=entry.created,
        url=f"/api/v1/submissions/{entry.number}",
    )


def whole(number: float) -> int | float:
    """A mean as a whole number where it is one."""
    return int(number) if float(number).is_integer() else number
