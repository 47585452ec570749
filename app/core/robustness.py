"""How a network reads test images that were moved, turned, scaled, thickened, thinned, noised or blurred a little.

What is stored was counted by the worker; here it is read back, and judged in one word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.sentences import N_

CHANGE_WORDS = {
    "shifted": N_("shifted"),
    "rotated": N_("rotated"),
    "scaled": N_("scaled"),
    "thickened": N_("thickened"),
    "thinned": N_("thinned"),
    "noisy": N_("noisy"),
    "blurred": N_("blurred"),
}
# A table of known images loses nearly all on the weakest changes, unless it answers for the nearest of them: that one
# stays up. So a fall tells something, and no fall tells nothing.
FALL_SHARE = 1 / 3


@dataclass(frozen=True)
class Change:
    """One kind of change: its strengths from weak to strong, in `unit`, and the images read right at each."""

    name: str
    unit: str
    strengths: Sequence[float]
    correct: Sequence[int]
    total: int

    @property
    def words(self) -> str:
        """Its name as a marked text."""
        return CHANGE_WORDS.get(self.name, self.name)

    @property
    def shares(self) -> list[float]:
        """Share read right at each strength, 0..1."""
        return [count / self.total for count in self.correct]


@dataclass(frozen=True)
class Robustness:
    """All changes; each was made to the same `total` test images."""

    changes: Sequence[Change]
    total: int

    @property
    def weakest(self) -> float:
        """Mean share read right at the weakest strength of each change, 0..1."""
        return sum(change.shares[0] for change in self.changes) / len(self.changes)

    @property
    def mean(self) -> float:
        """Mean share read right over all strengths of all changes, 0..1."""
        shares = [share for change in self.changes for share in change.shares]
        return sum(shares) / len(shares)

    def falls_at_once(self, accuracy: float) -> bool:
        """Whether the weakest changes already cost more than a third of what is read right unchanged."""
        return self.weakest < (1 - FALL_SHARE) * accuracy


def read_robustness(stored: Mapping[str, Any] | None) -> Robustness | None:
    """What a result stores of it; None where it was not measured, or where it is not of this form."""
    if not stored:
        return None
    try:
        total = int(stored["total"])
        changes = [_change(each, total) for each in stored["changes"]]
    except (KeyError, TypeError, ValueError):
        return None
    return Robustness(changes, total) if changes and total > 0 else None


def _change(stored: Mapping[str, Any], total: int) -> Change:
    strengths, correct = [float(each) for each in stored["strengths"]], [int(each) for each in stored["correct"]]
    if not strengths or len(strengths) != len(correct):
        raise ValueError(f"{len(strengths)} strengths and {len(correct)} counts")
    return Change(str(stored["name"]), str(stored.get("unit", "")), strengths, correct, total)
