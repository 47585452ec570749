"""One test image with the answers of all networks on the board."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from app.core.entries import Entry
from app.core.errors import NotFound
from app.core.readings import Readings, confidences_of, find_readings
from app.core.sentences import N_, Sentence
from app.core.test_set import find_test_set
from app.web.digits_view import ListedDigit, listed, test_images

NO_IMAGE = N_("There is no test image %(index)s; they are numbered from 0 to %(last)s.")


@dataclass(frozen=True)
class Answer:
    """What one network reads in the image, and how surely (0..1)."""

    entry: Entry
    read: int
    confidence: float
    is_right: bool


@dataclass(frozen=True)
class DigitView:
    """One test image with a part of the answers, of all `models` networks.

    `counts`: how many networks read it as each digit, 0 to 9. `total`: of test images.
    """

    digit: ListedDigit
    answers: Sequence[Answer]
    models: int
    counts: Sequence[int]
    total: int
    has_image: bool

    @property
    def previous(self) -> int | None:
        """The image before it."""
        return self.digit.index - 1 if self.digit.index > 0 else None

    @property
    def following(self) -> int | None:
        """The image after it."""
        return self.digit.index + 1 if self.digit.index + 1 < self.total else None


def view_digit(session: Session, dataset: str, index: int, start: int, limit: int) -> DigitView:
    """That image with the answers from `start` on. Raises NotFound if the test set has none of this number."""
    readings, test_set = find_readings(session, dataset), find_test_set()
    total = test_images(readings, test_set)
    if not 0 <= index < total:
        raise NotFound(Sentence(NO_IMAGE, {"index": index, "last": total - 1}))
    if readings is not None and readings.total != total:
        readings = None
    return DigitView(
        digit=listed(index, readings, test_set, dataset, total),
        answers=_answers(session, readings, index, range(start, start + limit)) if readings is not None else [],
        models=len(readings.entries) if readings is not None else 0,
        counts=[int(count) for count in readings.answers(index)] if readings is not None else [0] * 10,
        total=total,
        has_image=test_set is not None,
    )


def _answers(session: Session, readings: Readings, index: int, rows: range) -> list[Answer]:
    """Best model first, as on the board."""
    shown = [(row, readings.entries[row]) for row in rows if row < len(readings.entries)]
    sure = confidences_of(session, [entry.run_id for _, entry in shown], index)
    right = readings.are_right([index])[:, 0]
    return [
        Answer(entry, int(readings.predictions[row, index]), sure[entry.run_id], bool(right[row]))
        for row, entry in shown
    ]
