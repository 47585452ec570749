"""The leaderboard, page by page."""

import base64
import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.core.board import Row, board
from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.web.api.bodies import problems
from app.web.api.submission_bodies import Author, Interval
from app.web.model_words import arguments, class_name

router = APIRouter(tags=["leaderboard"])
ROWS_MAXIMUM = 200


class Line(BaseModel):
    """One entry. `rank_best` to `rank_worst` are the ranks that the data allow."""

    rank: int = Field(examples=[3])
    rank_best: int = Field(examples=[1])
    rank_worst: int = Field(examples=[5])
    number: int
    title: str
    author: Author
    is_baseline: bool
    kind: str
    model: str | None = Field(description="id of a model of the zoo; null if a model file was uploaded")
    model_file: str | None = Field(examples=["net.py"], description="the uploaded network's file")
    class_name: str = Field(examples=["Net"], description="the network's class in that file")
    arguments: str = Field(examples=["hidden=64"], description="what its constructor got")
    detected: dict[str, Any] = Field(description="how the network was fed and read")
    options: dict[str, Any]
    recipe: dict[str, Any]
    accuracy: float = Field(examples=[0.9838])
    interval: Interval
    correct: int
    wrong: int
    total: int
    test_loss: float
    parameters: int
    train_seconds: float
    submitted: datetime
    measured: datetime
    url: str = Field(examples=["/api/v1/submissions/12"])


class Board(BaseModel):
    """A part of the board. `next` is the address of the following part, or null."""

    dataset: str
    entries: int = Field(description="on the whole board")
    rows: list[Line]
    next: str | None


@router.get(
    "/leaderboard",
    operation_id="getLeaderboard",
    summary="The board, best first",
    responses=problems(422),
)
def get_leaderboard(
    best: Annotated[bool, Query(description="1: the best result of each student; 0: all results.")] = True,
    limit: Annotated[int, Query(ge=1, le=ROWS_MAXIMUM)] = 50,
    cursor: Annotated[str | None, Query(description="From `next` of the part before.", max_length=400)] = None,
) -> Board:
    """Public. New results between two calls shift no rows between the parts."""
    dataset = get_settings().dataset
    with session_scope() as session:
        rows = board(session, dataset, one_per_student=best)
    start = _parse_cursor(cursor) if cursor else None
    rest = [row for row in rows if start is None or _key(row) > start]
    shown = rest[:limit]
    more = len(rest) > limit
    url = f"/api/v1/leaderboard?best={best:d}&limit={limit}&cursor={_cursor(shown[-1])}" if more else None
    return Board(dataset=dataset, entries=len(rows), rows=[_line(row) for row in shown], next=url)


def _key(row: Row) -> list[Any]:
    """What the board is ordered by."""
    result = row.result
    return [result.total - result.correct, result.test_loss, result.created.isoformat(), row.run.id]


def _cursor(row: Row) -> str:
    return base64.urlsafe_b64encode(json.dumps(_key(row)).encode()).decode()


def _parse_cursor(cursor: str) -> list[Any]:
    try:
        wrong, loss, created, run_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return [int(wrong), float(loss), str(created), str(run_id)]
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        text = N_("“%(value)s” is no cursor of ours. Take the address in “next”, or start without one.")
        raise InvalidFields({"cursor": Sentence(text, {"value": cursor[:40]})}) from error


def _line(row: Row) -> Line:
    submission, result, place = row.submission, row.result, row.place
    return Line(
        **submission.model_dump(include={"number", "title", "is_baseline", "kind", "model", "options", "recipe"}),
        **result.model_dump(include={"correct", "total", "test_loss", "parameters", "detected", "train_seconds"}),
        model_file=submission.model_file_name,
        class_name=class_name(submission, result),
        arguments=arguments(submission, result.detected),
        rank=place.rank,
        rank_best=place.best,
        rank_worst=place.worst,
        author=Author(handle=row.user.handle, name=row.user.name),
        accuracy=result.correct / result.total,
        interval=Interval(low=place.low, high=place.high),
        wrong=result.total - result.correct,
        submitted=submission.created,
        measured=result.created,
        url=f"/api/v1/submissions/{submission.number}",
    )
