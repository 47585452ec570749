"""The test images that a network reads wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.core.calibration import unpacked
from app.core.disputed_labels import Dispute, disputes
from app.core.tables import Result


@dataclass(frozen=True)
class Misread:
    """One image: what was read and how surely (0..1); the label where it is known, and the doubt about it."""

    index: int
    label: int | None
    read: int
    confidence: float
    dispute: Dispute | None


def misread(result: Result, dataset: str, labels: npt.NDArray[np.uint8] | None) -> list[Misread]:
    """All of them, the most confident first. `labels`: (M,), or None where the test set is not at hand."""
    sure, hits = unpacked(result.confidences, result.hits)
    wrong = np.flatnonzero(~hits)
    # Equal confidences keep the order of the test set.
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")]
    predictions = np.frombuffer(result.predictions, np.uint8)
    known = labels if labels is not None and len(labels) == result.total else None
    doubted = disputes(dataset, result.total)
    return [
        Misread(
            index=int(index),
            label=None if known is None else int(known[index]),
            read=int(predictions[index]),
            confidence=float(sure[index]),
            dispute=doubted.get(int(index)),
        )
        for index in wrong
    ]


def of_cell(found: Sequence[Misread], true: int | None, read: int | None) -> list[Misread]:
    """Those of one cell, row or column of the confusion matrix; None: any digit."""
    return [each for each in found if true in (None, each.label) and read in (None, each.read)]
