"""The entries of the board: what it knows of each standing submission, without the large columns of its results."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.shown_names import handle_of, name_of
from app.core.zoo import zoo

TIERS = {"evaluate": "evaluated", "train": "retrained"}


@dataclass(frozen=True, slots=True)
class Measured:
    """The small columns of one result, named as in its table."""

    run_id: str
    correct: int
    total: int
    test_loss: float
    parameters: int
    flops: int | None
    has_convolution: bool | None
    train_seconds: float
    latency_one_ms: float | None
    latency_thousand_ms: float | None
    size_bytes: int | None
    ece: float
    robust_accuracy: float | None
    detected: Mapping[str, Any]
    created: datetime

    @property
    def wrong(self) -> int:
        """Misread test images."""
        return self.total - self.correct


@dataclass(frozen=True, slots=True)
class Submitted:
    """What the board needs of a submission and of its author, named as in their tables."""

    id: str
    number: int
    user_id: int
    kind: str
    title: str
    model: str | None
    model_file_name: str | None
    class_name: str
    arguments: str
    options: Mapping[str, Any]
    recipe: Mapping[str, Any]
    notes: str
    is_baseline: bool
    claimed_accuracy: float | None
    created: datetime
    handle: str
    name: str
    role: str = "student"
    pseudonym: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission on the board.

    `run_id`: the run that stands for it in paired tests; of several seeds the one whose errors are nearest to their
    mean, then the one with the lowest seed. `run_ids`, `seeds`: the runs of all seeds and the test images that each
    misreads, the recipe's own seed first. `wrong`, `correct`, `test_loss`: means over the seeds. What else was
    measured is of the recipe's own seed. `tier`: "evaluated" or "retrained". `epochs`: how many were trained here; None
    for weights that were brought. `model`: id in the zoo; `model_title`: its name, or the class and file that were
    uploaded. `is_late`: submitted outside the class' time. `created`: when it was first measured, also of what was
    evaluated again since. `pseudonym`: empty for who always has a name. `search_text`: all but the author, folded for
    comparing without regard to case.

    One object serves all readers, so `handle` and `name` are as whoever asks for them may see them.
    """

    run_id: str
    run_ids: tuple[str, ...]
    seeds: tuple[int, ...]
    number: int
    submission_id: str
    user_id: int
    real_handle: str
    real_name: str
    pseudonym: str
    title: str
    kind: str
    tier: str
    is_baseline: bool
    model: str | None
    model_title: str
    model_file: str | None
    class_name: str
    arguments: str
    options: Mapping[str, Any]
    recipe: Mapping[str, Any]
    detected: Mapping[str, Any]
    notes_length: int
    search_text: str
    claimed_accuracy: float | None
    wrong: float
    correct: float
    total: int
    test_loss: float
    parameters: int
    flops: int | None
    has_convolution: bool | None
    epochs: int | None
    train_seconds: float
    latency_one_ms: float | None
    latency_thousand_ms: float | None
    size_bytes: int | None
    ece: float
    robust_accuracy: float | None
    created: datetime
    submitted: datetime
    is_late: bool = False

    @property
    def handle(self) -> str:
        """The author's handle, or what stands in its place."""
        return handle_of(self.user_id, self.real_handle, self.pseudonym)

    @property
    def name(self) -> str:
        """The author's name, or what stands in its place."""
        return name_of(self.user_id, self.real_name, self.pseudonym)

    @property
    def is_ranked(self) -> bool:
        """Whether it takes a rank and can hold a record."""
        return not self.is_baseline and not self.is_late

    @property
    def accuracy(self) -> float:
        """Share read right, 0..1; the mean over the seeds."""
        return self.correct / self.total

    @property
    def deviation(self) -> float | None:
        """Sample standard deviation of the accuracy over the seeds; None for a single one."""
        return statistics.stdev(self.seeds) / self.total if len(self.seeds) > 1 else None


def best_of_each(ordered: Iterable[Entry]) -> list[Entry]:
    """The first entry of each student, and the first of those that came too late to rank.

    The baselines all belong to the course, and all stay.
    """
    kept: dict[object, Entry] = {}
    for entry in ordered:
        kept.setdefault(entry.submission_id if entry.is_baseline else (entry.user_id, entry.is_late), entry)
    return list(kept.values())


def entry_of(submitted: Submitted, own: Measured, others: Sequence[Measured]) -> Entry:
    """The entry of a submission. `own`: with the recipe's seed; `others`: with further seeds, in their order."""
    runs = (own, *others)
    wrong, loss = (
        math.fsum(values) / len(runs) for values in zip(*((r.wrong, r.test_loss) for r in runs), strict=True)
    )
    # The earlier of two equally near ones wins, and the recipe's own seed is the first.
    nearest = min(runs, key=lambda run: abs(run.wrong - wrong))
    class_name, model_title = _class_name(submitted, own), _model_title(submitted, own)
    return Entry(
        run_id=nearest.run_id,
        run_ids=tuple(run.run_id for run in runs),
        seeds=tuple(run.wrong for run in runs),
        number=submitted.number,
        submission_id=submitted.id,
        user_id=submitted.user_id,
        real_handle=submitted.handle,
        real_name=submitted.name,
        pseudonym=_pseudonym(submitted),
        title=submitted.title,
        kind=submitted.kind,
        tier=TIERS[submitted.kind],
        is_baseline=submitted.is_baseline,
        model=submitted.model,
        model_title=model_title,
        model_file=submitted.model_file_name,
        class_name=class_name,
        arguments=_found(own, "arguments") or submitted.arguments,
        options=submitted.options,
        recipe=submitted.recipe,
        detected=own.detected,
        notes_length=len(submitted.notes),
        search_text=_search_text(submitted, class_name, model_title),
        claimed_accuracy=submitted.claimed_accuracy,
        wrong=wrong,
        correct=own.total - wrong,
        total=own.total,
        test_loss=loss,
        parameters=own.parameters,
        flops=own.flops,
        has_convolution=_has_convolution(submitted, own),
        epochs=int(submitted.recipe.get("epochs", 0)) if submitted.kind == "train" else None,
        train_seconds=own.train_seconds,
        latency_one_ms=own.latency_one_ms,
        latency_thousand_ms=own.latency_thousand_ms,
        size_bytes=own.size_bytes,
        ece=own.ece,
        robust_accuracy=own.robust_accuracy,
        created=own.created,
        submitted=submitted.created,
        is_late=submitted.is_late,
    )


def _class_name(submitted: Submitted, own: Measured) -> str:
    return _found(own, "class_name") or submitted.class_name


def _found(own: Measured, name: str) -> str:
    """What was found out by trying; it comes from a file of a stranger, so its type is not certain."""
    value = own.detected.get(name)
    return value if isinstance(value, str) else ""


def _model_title(submitted: Submitted, own: Measured) -> str:
    if submitted.model:
        model = zoo().get(submitted.model)
        return model.title if model else submitted.model
    file, name = submitted.model_file_name or "", _class_name(submitted, own)
    return f"{name} · {file}" if name and file else name or file


def _has_convolution(submitted: Submitted, own: Measured) -> bool | None:
    """As it was measured; of results from before that was done, known for models of the zoo only."""
    if own.has_convolution is None and submitted.model in zoo():
        return zoo()[submitted.model].convolution
    return own.has_convolution


def _pseudonym(submitted: Submitted) -> str:
    return submitted.pseudonym if submitted.role == "student" else ""


def _search_text(submitted: Submitted, class_name: str, model_title: str) -> str:
    parts = (
        submitted.title,
        str(submitted.recipe.get("optimizer", "")),
        model_title,
        submitted.model or "",
        class_name,
        submitted.notes,
    )
    return "\n".join(parts).casefold()
