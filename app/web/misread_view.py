"""Misread digits as pages show them: image, answer, and how many classmates read it wrong too."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.misread import Misread
from app.core.readings import Readings
from app.core.sentences import N_
from app.core.test_set import is_foreign
from app.web.digit_images import Sheet, sheet

# What is shown of another data set's images: an index there says nothing about the image of that index here.
FOREIGN = N_("These are digits of another data set than this service's. It has neither their images nor their labels.")


@dataclass(frozen=True)
class MisreadDigit:
    """One misread image. `too`: classmates whose best network misreads it as well."""

    digit: Misread
    too: int


@dataclass(frozen=True)
class Gallery:
    """Some misread images beside each other; `classmates`: how many networks of others there are to compare with.

    `is_foreign`: whether they are of another data set than this service's.
    """

    digits: Sequence[MisreadDigit]
    sheet: Sheet
    classmates: int
    is_foreign: bool = False

    @property
    def foreign_words(self) -> str:
        """Why there are no images of a foreign data set, as a marked text."""
        return FOREIGN


def gallery(shown: Sequence[Misread], readings: Readings | None, user_id: int, total: int, dataset: str) -> Gallery:
    """Those images, compared with what the networks of others than this user read. `total`: of test images."""
    indexes, foreign = [each.index for each in shown], is_foreign(dataset)
    images = Sheet(indexes, None) if foreign else sheet(indexes)
    if readings is None or readings.total != total:
        return Gallery([MisreadDigit(each, 0) for each in shown], images, 0, foreign)
    too = readings.misread_by_classmates(user_id, indexes)
    digits = [MisreadDigit(each, count) for each, count in zip(shown, too, strict=True)]
    return Gallery(digits, images, int(readings.classmates(user_id).sum()), foreign)
