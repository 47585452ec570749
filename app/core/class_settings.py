"""The settings of the class, as the teacher changes them: read from text, checked, and written down."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlmodel import Session

from app.core.audit import note
from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence
from app.core.shown_names import PSEUDONYMS, REAL
from app.core.tables import Classroom, User

CHOICES = {
    "sign_up": ("open", "code", "closed"),
    "visibility": ("public", "class"),
    "names": (REAL, PSEUDONYMS),
}
SWITCHES = ("allow_weights",)
ON, OFF = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
TIMES = ("opens", "closes")
# Lowest and highest; empty stands for the service's own limit where the second list has the name.
NUMBERS = {
    "daily_quota": (0, 1000),
    "epochs_cap": (1, 1000),
    "parameters_cap": (1, 10**12),
    "train_time_cap_s": (1, 86_400),
    "upload_cap_bytes": (1, 10**12),
}
OPTIONAL = ("epochs_cap", "parameters_cap", "train_time_cap_s", "upload_cap_bytes")
NAMES = ("name", "time_zone", *CHOICES, *SWITCHES, *TIMES, *NUMBERS)
NAME_MAXIMUM = 80
# Near the ends of the calendar moments have no other zone's time.
YEARS = range(2000, 2200)
NO_TIME = N_("“%(value)s” is no time. Write it as 2026-12-24T18:00.")


class _Wrong(ValueError):
    def __init__(self, text: str, **values: Any) -> None:
        super().__init__(text)
        self.sentence = Sentence(text, values)


def change_class(session: Session, classroom: Classroom, given: Mapping[str, str], actor: User | None) -> None:
    """Set what is given, as text; what is not given stays. Raises InvalidFields; then nothing is changed."""
    values, errors = _read_all(classroom, given)
    if errors:
        raise InvalidFields(errors)
    before = {name: getattr(classroom, name) for name in values}
    changed = {name: value for name, value in values.items() if value != before[name]}
    for name, value in changed.items():
        setattr(classroom, name, value)
    session.add(classroom)
    if changed:
        detail = {name: {"was": _plain(before[name]), "is": _plain(value)} for name, value in changed.items()}
        note(session, actor, "class.change", "class", detail)


def setting_errors(classroom: Classroom, given: Mapping[str, str]) -> dict[str, Sentence]:
    """What of this cannot be used, and why."""
    return _read_all(classroom, given)[1]


def shown_value(classroom: Classroom, name: str) -> str:
    """A setting as text for a form; times on the class' clock."""
    value = getattr(classroom, name)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(classroom.time_zone)).strftime("%Y-%m-%dT%H:%M")
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _read_all(classroom: Classroom, given: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Sentence]]:
    values: dict[str, Any] = {}
    errors: dict[str, Sentence] = {}
    zone = given.get("time_zone", classroom.time_zone).strip()
    for name, text in given.items():
        if name in TIMES and zone == classroom.time_zone and text.strip() == shown_value(classroom, name):
            continue  # the form shows no seconds, and must not cut them off
        try:
            values[name] = _reader(name)(name, text.strip(), zone)
        except _Wrong as error:
            errors[name] = error.sentence
    opens, closes = (values.get(name, getattr(classroom, name)) for name in TIMES)
    if not errors and opens is not None and closes is not None and closes <= opens:
        errors["closes"] = Sentence(N_("The class must close after it opens."))
    return values, errors


def _reader(name: str) -> Callable[[str, str, str], Any]:
    if name in NUMBERS:
        return _number
    if name in TIMES:
        return _time
    if name in CHOICES:
        return _choice
    if name in SWITCHES:
        return _switch
    return {"name": _name, "time_zone": _zone}.get(name, _unknown)


def _unknown(name: str, text: str, zone: str) -> None:
    raise _Wrong(N_("There is no field “%(name)s”. The fields are: %(names)s."), name=name[:40], names=", ".join(NAMES))


def _name(name: str, text: str, zone: str) -> str:
    if not 0 < len(text) <= NAME_MAXIMUM or not text.isprintable():
        raise _Wrong(N_("The class needs a name of at most %(maximum)s characters."), maximum=NAME_MAXIMUM)
    return text


def _zone(name: str, text: str, zone: str) -> str:
    if text not in available_timezones():
        raise _Wrong(N_("“%(value)s” is no time zone. Write one as Asia/Shanghai or Europe/Berlin."), value=text[:60])
    return text


def _choice(name: str, text: str, zone: str) -> str:
    if text not in CHOICES[name]:
        words = N_("%(name)s cannot be “%(value)s”. Choose one of: %(choices)s.")
        raise _Wrong(words, name=name, value=text[:40], choices=", ".join(CHOICES[name]))
    return text


def _switch(name: str, text: str, zone: str) -> bool:
    if text.lower() not in ON + OFF:
        raise _Wrong(N_("%(name)s must be true or false; “%(value)s” was given."), name=name, value=text[:40])
    return text.lower() in ON


def _number(name: str, text: str, zone: str) -> int | None:
    if not text and name in OPTIONAL:
        return None
    low, high = NUMBERS[name]
    if not text.isascii() or not text.isdigit() or len(text) > len(str(high)) or not low <= int(text) <= high:
        words = N_("%(name)s must be a whole number from %(low)s to %(high)s; “%(value)s” was given.")
        raise _Wrong(words, name=name, low=low, high=high, value=text[:40])
    return int(text)


def _time(name: str, text: str, zone: str) -> datetime | None:
    """A moment on the class' clock, unless it names its own offset."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError) as error:
        raise _Wrong(NO_TIME, value=text[:40]) from error
    if moment.year not in YEARS:
        raise _Wrong(NO_TIME, value=text[:40])
    return moment
