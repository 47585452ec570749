"""The class' own time: where its day begins, and how a moment reads on its clock."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.tables import Classroom, now


def zone_of(classroom: Classroom) -> ZoneInfo:
    """The time zone in which the class lives."""
    return ZoneInfo(classroom.time_zone)


def day_bounds(classroom: Classroom, at: datetime | None = None) -> tuple[datetime, datetime]:
    """Where the class' present day begins and where the next one does; where clocks change it has 23 or 25 hours."""
    zone = zone_of(classroom)
    today = (at or now()).astimezone(zone).date()
    begins, ends = (datetime.combine(day, time(), zone) for day in (today, today + timedelta(days=1)))
    return begins, ends


def in_class_time(moment: datetime, classroom: Classroom) -> str:
    """A moment as the class' clock and calendar show it, with the name of the zone."""
    return f"{moment.astimezone(zone_of(classroom)):%Y-%m-%d %H:%M} ({classroom.time_zone})"
