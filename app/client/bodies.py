"""What the service answers, typed. Names are the API's own; what a newer service says besides is kept as it is."""

from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(extra="allow", frozen=True)


B = TypeVar("B", bound=Body)


class Me(Body):
    """Whose token it is."""

    handle: str
    name: str
    role: str


class Token(Body):
    """A new token; `token` can be read this once."""

    id: int
    name: str
    token: str


class Author(Body):
    """Who submitted."""

    handle: str
    name: str


class Interval(Body):
    """A 95 % interval of an accuracy, 0 to 1."""

    low: float
    high: float


class Epoch(Body):
    """What was measured after one pass over the training images; no train loss where none was reported."""

    epoch: int
    accuracy: float
    test_loss: float
    train_loss: float | None = None


class Result(Body):
    """What was measured. `accuracy` is 0 to 1; a rank is null for what does not compete."""

    accuracy: float
    correct: int
    wrong: int
    total: int
    interval: Interval
    test_loss: float
    rank: int | None
    rank_best: int | None
    rank_worst: int | None
    epochs: list[Epoch]
    parameters: int
    train_seconds: float
    weights_url: str | None


class Links(Body):
    """Where to go from here."""

    html: str
    events: str
    receipt: str


class File(Body):
    """A file that was uploaded."""

    name: str
    sha256: str


class ModelFile(File):
    """A network that was uploaded; `url` only where you may read it."""

    url: str | None


class Submission(Body):
    """A submission with its latest run, and its result once there is one."""

    number: int
    title: str
    author: Author
    kind: str
    model: str | None
    model_file: ModelFile | None
    class_name: str
    recipe: dict[str, Any]
    options: dict[str, Any]
    notes: str
    created: datetime
    state: str
    queue_position: int | None
    outcome: str | None
    message: str | None
    what_to_do: str | None
    detail: str | None
    result: Result | None
    links: Links


class ListedResult(Body):
    """What was measured, in a list."""

    accuracy: float
    interval: Interval
    correct: int
    wrong: int
    total: int
    test_loss: float
    rank: int | None


class ListedSubmission(Body):
    """A submission in a list; all of it stands under its number."""

    number: int
    title: str
    author: Author
    kind: str
    tier: str
    model: str | None
    recipe: dict[str, Any]
    options: dict[str, Any]
    created: datetime
    withdrawn: datetime | None
    state: str
    outcome: str | None
    message: str | None
    result: ListedResult | None


class Check(Body):
    """What a worker says of files. `id` submits them without sending them again."""

    id: str
    outcome: str
    message: str | None
    what_to_do: str | None
    detail: str | None
    warnings: list[str]
    report: dict[str, Any] | None


class BoardRow(Body):
    """One entry of the board; what is a mean over several seeds may be no whole number."""

    rank: int | None
    rank_best: int | None
    rank_worst: int | None
    number: int
    title: str
    author: Author
    is_baseline: bool
    badges: list[str]
    tier: str
    model: str | None
    recipe: dict[str, Any]
    accuracy: float
    interval: Interval
    wrong: float
    total: int
    test_loss: float
    parameters: int
    train_seconds: float
    submitted: datetime


class Board(Body):
    """A part of the board. `next` is the address of the following part, or null."""

    dataset: str
    track: str
    entries: int
    matching: int
    rows: list[BoardRow]
    next: str | None
