"""Two submissions measured on the same test images, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from sqlmodel import Session

from app.core.errors import Conflict
from app.core.jobs import Jobs
from app.core.lineage import Change, changes
from app.core.pairing import Pair, pair, unpack_hits
from app.core.repetitions import SeedRun, Spread, representative, seed_runs, spread
from app.core.sentences import N_, Sentence
from app.core.shown_names import Shown
from app.core.shown_names import shown as as_shown
from app.core.tables import Result, Submission, User

SAME = N_("#%(number)s cannot be compared with itself. Choose another submission.")
NO_RESULT = N_("Submission #%(number)s has no result yet, so there is nothing to compare.")
OTHER_IMAGES = N_("#%(first)s and #%(second)s were measured on different test images and cannot be compared.")


@dataclass(frozen=True)
class Side:
    """One of the two. `shown` is the run that stands for it: with several seeds the one nearest to their mean."""

    submission: Submission
    author: Shown
    runs: Sequence[SeedRun]
    shown: SeedRun
    result: Result
    spread: Spread

    @property
    def number(self) -> int:
        """The public number."""
        return self.submission.number or 0

    @property
    def wrong(self) -> int:
        """Images that the shown run misreads."""
        return self.result.total - self.result.correct

    @cached_property
    def hits(self) -> npt.NDArray[np.bool_]:
        """(M,): what it reads right."""
        return unpack_hits(self.result.hits, self.result.total)

    @cached_property
    def read(self) -> npt.NDArray[np.uint8]:
        """(M,): the digits it reads."""
        return np.frombuffer(self.result.predictions, np.uint8)

    @cached_property
    def confidences(self) -> npt.NDArray[np.float64]:
        """(M,): how sure it is of them, 0..1."""
        return np.frombuffer(self.result.confidences, "<f2").astype(np.float64)


@dataclass(frozen=True)
class Disagreement:
    """A test image that only one of the two reads right: the digit, and both answers with their confidences."""

    index: int
    label: int
    first: int
    second: int
    first_confidence: float
    second_confidence: float


@dataclass(frozen=True)
class DigitRow:
    """How often each of the two misreads one digit."""

    digit: int
    total: int
    first_wrong: int
    second_wrong: int

    @property
    def fewer_wrong(self) -> int:
        """By how many images the first is better; negative where the second is."""
        return self.second_wrong - self.first_wrong


@dataclass(frozen=True)
class Comparison:
    """Both sides, and what their answers say about each other."""

    first: Side
    second: Side

    @cached_property
    def pair(self) -> Pair:
        """The counts, the test and the interval of the shown runs; above 0 that of the first is better."""
        return pair(self.first.result.hits, self.second.result.hits, self.first.result.total)

    @property
    def has_seeds(self) -> bool:
        """Whether one of them has results of several seeds: the board takes means, the pair one run of each."""
        return any(len(side.spread.wrong) > 1 for side in (self.first, self.second))

    @property
    def fewer_wrong(self) -> float:
        """By how many images the first is better on average over its seeds; negative where the second is."""
        return self.second.spread.mean - self.first.spread.mean

    @cached_property
    def changes(self) -> list[Change]:
        """The settings that differ."""
        return changes(self.first.submission, self.second.submission)

    @cached_property
    def digits(self) -> list[DigitRow]:
        """Mistakes by digit."""
        rows = zip(self.first.result.confusion, self.second.result.confusion, strict=True)
        return [DigitRow(i, sum(a), sum(a) - a[i], sum(b) - b[i]) for i, (a, b) in enumerate(rows)]

    @cached_property
    def only_first(self) -> list[Disagreement]:
        """What only the first reads right; the surest mistakes of the second first."""
        return self._disagreements(self.first, self.second)

    @cached_property
    def only_second(self) -> list[Disagreement]:
        """What only the second reads right; the surest mistakes of the first first."""
        return self._disagreements(self.second, self.first)

    def _disagreements(self, right: Side, wrong: Side) -> list[Disagreement]:
        found = np.flatnonzero(right.hits & ~wrong.hits)
        ordered = found[np.argsort(-wrong.confidences[found], kind="stable")]
        return [self._disagreement(int(index), int(right.read[index])) for index in ordered]

    def _disagreement(self, index: int, label: int) -> Disagreement:
        first, second = self.first, self.second
        return Disagreement(
            index,
            label,
            int(first.read[index]),
            int(second.read[index]),
            float(first.confidences[index]),
            float(second.confidences[index]),
        )


def compare(session: Session, jobs: Jobs, first: Submission, second: Submission) -> Comparison:
    """Both submissions side by side.

    Raises:
        Conflict: when they are one, when one has no result, or when they were measured on different images.
    """
    if first.id == second.id:
        raise Conflict(Sentence(SAME, {"number": first.number}))
    found = Comparison(side(session, jobs, first), side(session, jobs, second))
    if first.dataset != second.dataset or found.first.result.total != found.second.result.total:
        raise Conflict(Sentence(OTHER_IMAGES, {"first": first.number, "second": second.number}))
    return found


def comparison_with(
    session: Session, jobs: Jobs, submission: Submission, parent: Submission | None
) -> Comparison | None:
    """A submission beside the one that it changed; None while they cannot be compared."""
    if parent is None:
        return None
    try:
        return compare(session, jobs, submission, parent)
    except Conflict:
        return None


def side(session: Session, jobs: Jobs, submission: Submission) -> Side:
    """One submission with the run that stands for it. Raises Conflict when it has no result."""
    runs = seed_runs(session, jobs, submission)
    shown, found = representative(runs), spread(runs)
    if shown is None or shown.result is None or found is None or runs[0].result is None:
        raise Conflict(Sentence(NO_RESULT, {"number": submission.number}))
    author = as_shown(session.get_one(User, submission.user_id))
    return Side(submission, author, runs, shown, shown.result, found)
