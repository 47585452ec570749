"""The form with the settings of the class: sizes and times in units that a person types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from sqlmodel import Session

from app.core.class_settings import NAMES, NUMBERS, change_class, setting_errors, shown_value
from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence
from app.core.tables import Classroom, User

NO_NUMBER = N_("Give a number from %(low)s to %(high)s, or nothing for no limit of its own; “%(value)s” was given.")
LONGEST = 20


@dataclass(frozen=True)
class Unit:
    """A setting that the form shows in another unit: `size` of the stored ones."""

    setting: str
    size: int


# What the form asks for, and what that is in the table.
UNITS = {"train_time_cap_min": Unit("train_time_cap_s", 60), "upload_cap_mb": Unit("upload_cap_bytes", 1_000_000)}
FIELDS = (*(name for name in NAMES if name not in {unit.setting for unit in UNITS.values()}), *UNITS)


@dataclass(frozen=True)
class ClassForm:
    """What the fields hold, and a sentence beside each that cannot be used."""

    values: Mapping[str, str]
    errors: Mapping[str, Sentence] = field(default_factory=dict)


def shown_form(classroom: Classroom) -> ClassForm:
    """The form as it stands."""
    return ClassForm({name: _shown(classroom, name) for name in FIELDS})


def _shown(classroom: Classroom, name: str) -> str:
    unit = UNITS.get(name)
    if unit is None:
        return shown_value(classroom, name)
    stored = getattr(classroom, unit.setting)
    return "" if stored is None else f"{(Decimal(stored) / unit.size).normalize():f}"


def save_form(session: Session, classroom: Classroom, sent: Mapping[str, str], teacher: User) -> ClassForm:
    """Store what was sent, unless something of it cannot be used: then nothing is changed."""
    given = {name: text for name, text in sent.items() if name in FIELDS and name not in UNITS}
    errors: dict[str, Sentence] = {}
    for name in sent.keys() & UNITS.keys():
        try:
            given[UNITS[name].setting] = _stored(name, sent[name].strip())
        except InvalidFields as error:
            errors |= error.fields
    if errors:
        errors = {**setting_errors(classroom, given), **errors}
    else:
        try:
            change_class(session, classroom, given, teacher)
        except InvalidFields as error:
            errors = dict(error.fields)
    return ClassForm({**shown_form(classroom).values, **sent}, errors)


def _stored(name: str, text: str) -> str:
    """A typed number in the unit of the table; empty for none."""
    unit = UNITS[name]
    low, high = NUMBERS[unit.setting]
    if not text:
        return ""
    try:
        stored = Decimal(text.replace(",", ".") if len(text) <= LONGEST else "nothing") * unit.size
    except InvalidOperation:
        stored = Decimal(-1)
    if not stored.is_finite() or not low <= stored <= high:
        values = {"low": f"{low / unit.size:.2g}", "high": f"{high / unit.size:g}", "value": text[:LONGEST]}
        raise InvalidFields({name: Sentence(NO_NUMBER, values)})
    return str(max(low, round(stored)))
