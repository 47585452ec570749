"""What the service says of results beyond their accuracy."""

from typing import Any

from app.client.bodies import Author, Body


class Side(Body):
    """One of two that are compared; `wrong` is of the run with that seed, `mean_wrong` of all its seeds."""

    number: int
    title: str
    author: Author
    seed: int
    wrong: int
    total: int
    accuracy: float
    mean_wrong: float
    seeds: int


class Pair(Body):
    """The same images read by both. `difference`: accuracy of the first less that of the second, with its interval."""

    both_right: int
    only_first_right: int
    only_second_right: int
    neither_right: int
    p_value: float
    is_significant: bool
    difference: float
    low: float
    high: float


class Change(Body):
    """A setting that differs."""

    name: str
    first: Any
    second: Any


class Comparison(Body):
    """Two submissions side by side; `verdict` is a sentence in the client's language."""

    verdict: str
    remarks: list[str]
    mean_difference: float
    first: Side
    second: Side
    pair: Pair
    settings: list[Change]


class Mistake(Body):
    """A test image that was misread; `classmates`: how many others' best networks misread it too."""

    index: int
    label: int | None
    read: int
    confidence: float
    classmates: int
    is_disputed: bool
    url: str | None
    image_url: str | None


class Digit(Body):
    """A test image; `right`: how many networks on the board read it right."""

    index: int
    label: int | None
    right: int
    mistake: int | None
    url: str
    image_url: str


class Answer(Body):
    """How one network reads a test image."""

    number: int
    title: str
    author: str
    read: int
    confidence: float
    is_right: bool


class ReadDigit(Digit):
    """A test image with the first answers; `counts`: how many networks read it as 0 … 9."""

    counts: list[int]
    models: int
    answers: list[Answer]


class SeedRun(Body):
    """The newest run of one seed; its numbers are null until it is measured."""

    seed: int
    run: str
    state: str
    outcome: str | None
    message: str | None
    correct: int | None
    wrong: int | None
    total: int | None
    accuracy: float | None
    test_loss: float | None


class Seeds(Body):
    """All seeds of a submission, with mean and sample standard deviation of those that have a result."""

    seeds: list[SeedRun]
    mean_wrong: float | None
    mean_accuracy: float | None
    deviation_wrong: float | None
    deviation_accuracy: float | None


class ForkChange(Body):
    """A setting that a submission has otherwise than its parent."""

    name: str
    before: Any
    after: Any


class ForkEffect(Body):
    """What the changes did; in `pair` the parent is the second."""

    verdict: str
    remarks: list[str]
    mean_difference: float
    pair: Pair


class Lineage(Body):
    """Numbers of the submission that this one changed, and of those that changed this one."""

    parent: int | None
    changes: list[ForkChange]
    effect: ForkEffect | None
    forks: list[int]
