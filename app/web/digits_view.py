"""Lists of test images as pages and the API show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.digits import KINDS, Kind, find_digits
from app.core.disputed_labels import Dispute, disputes
from app.core.readings import Readings
from app.core.test_set import LabelledImages
from app.web.digit_images import Sheet, sheet

PAGE_DIGITS = 60
# MNIST's own number, where neither images nor results say another.
TEST_IMAGES = 10_000


@dataclass(frozen=True)
class ListedDigit:
    """One test image. `right` of the models on the board read it; most of the others take it for `mistake`."""

    index: int
    label: int | None
    right: int
    mistake: int | None
    dispute: Dispute | None


@dataclass(frozen=True)
class DigitList:
    """A part of one list, and how long all lists are."""

    kind: Kind
    counts: Sequence[tuple[Kind, int]]
    digits: Sequence[ListedDigit]
    sheet: Sheet
    models: int
    start: int
    length: int

    @property
    def last(self) -> int:
        """The number of the last image shown, counted from 1."""
        return self.start + len(self.digits)


def test_images(readings: Readings | None, test_set: LabelledImages | None) -> int:
    """How many test images there are."""
    if test_set is not None:
        return len(test_set)
    return readings.total if readings is not None else TEST_IMAGES


def list_digits(
    kind: Kind, readings: Readings | None, test_set: LabelledImages | None, dataset: str, start: int, limit: int
) -> DigitList:
    """Part of a list, from its `start`-th image on."""
    total = test_images(readings, test_set)
    if readings is not None and readings.total != total:
        readings = None
    lists = {each.key: find_digits(each, readings, dataset, total) for each in KINDS.values()}
    shown = lists[kind.key][start : start + limit]
    return DigitList(
        kind=kind,
        counts=[(each, len(lists[each.key])) for each in KINDS.values()],
        digits=[listed(index, readings, test_set, dataset, total) for index in shown],
        sheet=sheet(shown),
        models=len(readings.entries) if readings is not None else 0,
        start=start,
        length=len(lists[kind.key]),
    )


def listed(
    index: int, readings: Readings | None, test_set: LabelledImages | None, dataset: str, total: int
) -> ListedDigit:
    """What a list says of one image."""
    return ListedDigit(
        index=index,
        label=int(test_set.labels[index]) if test_set is not None else None,
        right=int(readings.right[index]) if readings is not None else 0,
        mistake=readings.commonest_mistake(index) if readings is not None else None,
        dispute=disputes(dataset, total).get(index),
    )
