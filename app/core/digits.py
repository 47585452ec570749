"""Test images by how the networks on the board read them: the hardest, those only one reads, those nobody reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.core.disputed_labels import disputes
from app.core.readings import Readings
from app.core.sentences import N_


@dataclass(frozen=True)
class Kind:
    """A list of test images. `find` gives their indexes in the order in which they are shown."""

    key: str
    title: str
    meaning: str
    find: Callable[[Readings | None, str, int], npt.NDArray[np.int64]]


def _hardest(readings: Readings | None, dataset: str, total: int) -> npt.NDArray[np.int64]:
    if readings is None:
        return np.empty(0, dtype=np.int64)
    misread = np.flatnonzero(readings.right < len(readings.entries))
    return misread[np.argsort(readings.right[misread], kind="stable")]


def _right_by(count: int) -> Callable[[Readings | None, str, int], npt.NDArray[np.int64]]:
    def find(readings: Readings | None, dataset: str, total: int) -> npt.NDArray[np.int64]:
        # Where there is one network only, all that it reads would be read by it alone.
        if readings is None or len(readings.entries) <= count:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(readings.right == count)

    return find


def _disputed(readings: Readings | None, dataset: str, total: int) -> npt.NDArray[np.int64]:
    return np.array(sorted(disputes(dataset, total)), dtype=np.int64)


KINDS = {
    kind.key: kind
    for kind in (
        Kind("hardest", N_("Hardest"), N_("Fewest models read them right."), _hardest),
        Kind("one", N_("Only one reads"), N_("Exactly one model reads them right."), _right_by(1)),
        Kind("nobody", N_("Nobody reads"), N_("No model reads them right."), _right_by(0)),
        Kind("disputed", N_("Doubted labels"), N_("Fewer than 3 of 5 people agreed with the label."), _disputed),
    )
}


def find_digits(kind: Kind, readings: Readings | None, dataset: str, total: int) -> Sequence[int]:
    """Indexes of the test images of a list."""
    return [int(index) for index in kind.find(readings, dataset, total)]
