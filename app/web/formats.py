"""How numbers and moments are written (ui/SPEC.md 3.3). The same in both languages unless a language is asked for."""

import math
from datetime import UTC, datetime, timedelta

from app.core.recipes import shown_number
from app.core.sentences import N_
from app.web.translations import translations

NOTHING = "–"
# Below two days hours say more than "1 day".
LONG_S = 48 * 3600
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def percent(share: float) -> str:
    """An accuracy of 0..1 in per cent: two decimals, as one of 10,000 images is 0.01."""
    return f"{share * 100:.2f}"


def interval_text(low: float, high: float) -> str:
    """An interval of accuracies in per cent: `98.34–98.80`."""
    return f"{percent(low)}–{percent(high)}"


def exact(count: int) -> str:
    """A whole number with separators: `20,586`."""
    return f"{count:,}"


def rounded(count: int) -> str:
    """A whole number in three digits: `20.6k`, `1.82M`."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{_three_digits(count / size)}{unit}"
    return str(count)


def flops(count: int) -> str:
    """A number of operations with its unit's first letter: `1.2 M`, `38 G`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{_three_digits(count / size)} {unit}"
    return f"{count} "


def _three_digits(value: float) -> str:
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def bytes_text(size_bytes: int) -> str:
    """A file's size: `1.4 kB`, `12 MB`."""
    for size, unit in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if size_bytes >= size:
            number = size_bytes / size
            return f"{number:.0f} {unit}" if number >= 10 else f"{number:.1f} {unit}"
    return f"{size_bytes} B"


def milliseconds(value: float) -> str:
    """A short time in two digits: `0.42 ms`, `12 ms`."""
    return f"{value:.2f} ms" if value < 1 else f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"


def minutes(seconds: float | None) -> str:
    """A duration: `2:17`, with hours `1:02:17`, below ten seconds `4.2 s`."""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole, second = divmod(round(seconds), 60)
    hour, minute = divmod(whole, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


def loss(value: float | None) -> str:
    """A loss: four decimals, or three digits where that would show only zeros."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:.4f}" if value >= 0.001 or value == 0 else f"{value:.2g}"


def setting(value: object) -> str:
    """A hyperparameter as people write it: `0.02`, `1e-5`."""
    return shown_number(value) if isinstance(value, float) else str(value)


def compact(value: object) -> str:
    """A hyperparameter where there is little room: `0.02`, but `1e-3`."""
    if not isinstance(value, float) or value == 0 or value >= 0.01:
        return setting(value)
    digits, _, power = f"{value:.3e}".partition("e")
    return f"{float(digits):g}e{int(power)}"


def day(moment: datetime, language: str) -> str:
    """A date on the server's calendar: `23 Nov 2026` or `2026-11-23`."""
    local = moment.astimezone()
    if language == "zh":
        return f"{local:%Y-%m-%d}"
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


def short_day(moment: datetime, language: str) -> str:
    """A date without its year if that is the present one: `23 Nov` or `11-23`."""
    local = moment.astimezone()
    if local.year != datetime.now(UTC).astimezone().year:
        return day(moment, language)
    return f"{local:%m-%d}" if language == "zh" else f"{local.day} {MONTHS[local.month - 1]}"


def full_moment(moment: datetime, language: str) -> str:
    """A date with its time of day."""
    return f"{day(moment, language)} {moment.astimezone():%H:%M}"


def clock(moment: datetime) -> str:
    """A time of day: `17:04:31`."""
    return f"{moment.astimezone():%H:%M:%S}"


def time_of_day(moment: datetime) -> str:
    """A time of day where seconds would promise too much: `17:04`."""
    return f"{moment.astimezone():%H:%M}"


def ago(moment: datetime, language: str, at: datetime | None = None) -> str:
    """How long ago, if that is under a day; else the date, short if it is of this year."""
    age = (at or datetime.now(UTC)) - moment
    if age >= timedelta(days=1):
        return short_day(moment, language)
    whole_minutes = int(max(age, timedelta(0)).total_seconds() // 60)
    if whole_minutes < 1:
        return translations(language).gettext(N_("just now"))
    if whole_minutes < 60:
        return _counted("%(count)s min ago", "%(count)s min ago", whole_minutes, language)
    return _counted("%(count)s h ago", "%(count)s h ago", whole_minutes // 60, language)


def spell(seconds: float, language: str) -> str:
    """A duration in words: `12 s`, `3 min`, `2 h`."""
    if seconds < 60:
        return _counted("%(count)s s", "%(count)s s", round(seconds), language)
    if seconds < 3600:
        return _counted("%(count)s min", "%(count)s min", round(seconds / 60), language)
    return _counted("%(count)s h", "%(count)s h", round(seconds / 3600), language)


def long_spell(seconds: float, language: str) -> str:
    """A longer duration in words: `40 min`, `5 h`, `3 days`."""
    if seconds < LONG_S:
        return spell(seconds, language)
    return _counted("%(count)s day", "%(count)s days", round(seconds / 86_400), language)


def _counted(one: str, many: str, count: int, language: str) -> str:
    return translations(language).ngettext(one, many, count) % {"count": count}
