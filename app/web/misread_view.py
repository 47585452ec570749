"""Misread digits as pages show them: image, answer, and how many classmates read it wrong too."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.misread import Misread
from app.core.readings import Readings
from app.web.digit_images import Sheet, sheet


@dataclass(frozen=True)
class MisreadDigit:
    """One misread image. `too`: classmates whose best network misreads it as well."""

    digit: Misread
    too: int


@dataclass(frozen=True)
class Gallery:
    """Some misread images beside each other; `classmates`: how many networks of others there are to compare with."""

    digits: Sequence[MisreadDigit]
    sheet: Sheet
    classmates: int


def gallery(shown: Sequence[Misread], readings: Readings | None, user_id: int, total: int) -> Gallery:
    """Those images, compared with what the networks of others than this user read. `total`: of test images."""
    indexes = [each.index for each in shown]
    if readings is None or readings.total != total:
        return Gallery([MisreadDigit(each, 0) for each in shown], sheet(indexes), 0)
    too = readings.misread_by_classmates(user_id, indexes)
    digits = [MisreadDigit(each, count) for each, count in zip(shown, too, strict=True)]
    return Gallery(digits, sheet(indexes), int(readings.classmates(user_id).sum()))
