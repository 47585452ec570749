"""The grade sheet: one line for each student."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.core.teaching import Student

COLUMNS = (
    "name",
    "handle",
    "best_accuracy",
    "accuracy_low",
    "accuracy_high",
    "wrong",
    "best_accuracy_within_3_epochs",
    "submissions",
    "notes_length",
    "last_submission",
)


def grade_rows(students: Iterable[Student], clock: ZoneInfo | None = None) -> list[dict[str, Any]]:
    """A row per student; accuracies are 0..1, and empty where nothing ranks.

    `clock`: write moments on it and as spreadsheets read them, instead of as ISO 8601.
    """
    return [dict(zip(COLUMNS, _values(student, clock), strict=True)) for student in students]


def _values(student: Student, clock: ZoneInfo | None) -> tuple[Any, ...]:
    best, three = student.best, student.best_in_three
    return (
        student.user.name,
        student.user.handle,
        best.entry.accuracy if best else None,
        best.place.low if best else None,
        best.place.high if best else None,
        _whole(best.entry.wrong) if best else None,
        three.accuracy if three else None,
        student.submitted,
        student.notes_length,
        _moment(student.last, clock) if student.last else None,
    )


def _moment(moment: datetime, clock: ZoneInfo | None) -> str:
    return f"{moment.astimezone(clock):%Y-%m-%d %H:%M:%S}" if clock else moment.isoformat()


def _whole(count: float) -> float:
    """Means over seeds may have a fraction; a count of one run reads as one."""
    return int(count) if float(count).is_integer() else count
