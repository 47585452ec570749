"""The audit log in words; the API has it as it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.class_time import in_class_time
from app.core.sentences import N_, Sentence
from app.core.tables import Audit, Classroom, User
from app.web.formats import percent

ACTIONS = {
    "class.change": N_("Settings of the class changed"),
    "class.code": N_("New class code made"),
    "queue.pause": N_("Queue paused"),
    "queue.resume": N_("Queue resumed"),
    "run.move": N_("Run of submission %(what)s moved in the queue"),
    "run.cancel": N_("Run of submission %(what)s cancelled"),
    "submission.hide": N_("Hidden: %(what)s"),
    "submission.show": N_("Shown again: %(what)s"),
    "submission.withdraw": N_("Withdrawn: %(what)s"),
    "submission.restore": N_("Withdrawal undone: %(what)s"),
    "submission.retry": N_("Run again: %(what)s"),
    "submission.reevaluate": N_("To be evaluated again: %(what)s"),
    "submission.stop": N_("New runs cancelled: %(what)s"),
    "submission.reevaluated": N_("Evaluated again: %(what)s"),
    "user.reset": N_("Sign-in link made for %(what)s"),
    "user.role": N_("Role of %(what)s changed"),
    "user.bonus": N_("Runs for today given to %(what)s"),
    "user.remove": N_("%(what)s removed from the class"),
    "user.depart": N_("An account was deleted by its owner"),
    "comment.remove": N_("Comment %(what)s removed"),
    "comment.restore": N_("Comment %(what)s brought back"),
    "claim.import": N_("Claims imported: %(what)s"),
    "claim.correct": N_("Claim %(what)s corrected"),
    "claim.withdraw": N_("Claim %(what)s withdrawn"),
    "claim.restore": N_("Claim %(what)s put back"),
}
# As the settings page has them, but in the units of the table.
SETTINGS = {
    "name": N_("Name of the class"),
    "sign_up": N_("Who can join"),
    "visibility": N_("Who can read"),
    "names": N_("Names"),
    "time_zone": N_("Time zone"),
    "opens": N_("Results rank from"),
    "closes": N_("Results rank until"),
    "daily_quota": N_("Runs per student and day"),
    "epochs_cap": N_("At most so many epochs"),
    "parameters_cap": N_("At most so many parameters"),
    "train_time_cap_s": N_("Training time at most, seconds"),
    "upload_cap_bytes": N_("Size of a file at most, bytes"),
    "allow_weights": N_("Weights trained elsewhere"),
}
CHOICES = {
    ("sign_up", "open"): N_("anybody"),
    ("sign_up", "code"): N_("who knows the code"),
    ("sign_up", "closed"): N_("nobody"),
    ("visibility", "public"): N_("everybody"),
    ("visibility", "class"): N_("the class only"),
    ("names", "real"): N_("real names"),
    ("names", "pseudonyms"): N_("pseudonyms until the class closes"),
    ("allow_weights", True): N_("are tested"),
    ("allow_weights", False): N_("are not tested"),
    ("role", "student"): N_("Student"),
    ("role", "teacher"): N_("Teacher"),
    ("to", "front"): N_("To the front"),
    ("to", "up"): N_("Earlier"),
    ("to", "down"): N_("Later"),
    ("to", "end"): N_("To the end"),
}
NOTHING = "–"
SHOWN = 10


@dataclass(frozen=True)
class Detail:
    """What changed: a label, and what was and is, as marked texts or as they are. `was`: None where nothing was."""

    label: str
    was: str | None
    now: str


@dataclass(frozen=True)
class AuditLine:
    """One action as the page tells it. `actor`: None for the command line."""

    row: Audit
    actor: User | None
    sentence: Sentence
    details: tuple[Detail, ...]


def audit_line(row: Audit, actor: User | None, classroom: Classroom) -> AuditLine:
    """An action in words; one that has none is shown by its name."""
    text = ACTIONS.get(row.action)
    sentence = Sentence(text, {"what": _what(row)}) if text else Sentence("%(what)s", {"what": row.action})
    return AuditLine(row, actor, sentence, tuple(_details(row, classroom)))


def _what(row: Audit) -> str:
    """The thing it was done to: `#12`, `@lin`, or several of them."""
    kind, _, rest = row.subject.partition(" ")
    if row.action == "user.remove":
        return f"@{row.detail.get('handle', rest)}"
    if kind == "user":
        return f"@{rest}"
    numbers = row.detail.get("numbers") or row.detail.get("claims") or [rest]
    more = [f"+{len(numbers) - SHOWN}"] if len(numbers) > SHOWN else []
    return ", ".join([f"#{number}" for number in numbers[:SHOWN]] + more)


def _details(row: Audit, classroom: Classroom) -> list[Detail]:
    detail: Mapping[str, Any] = row.detail
    match row.action:
        case "class.change":
            return [_setting(name, change, classroom) for name, change in detail.items()]
        case "user.role":
            return [Detail(N_("Role"), _value("role", detail["was"]), _value("role", detail["is"]))]
        case "user.bonus":
            return [Detail(N_("Runs"), None, str(detail["runs"]))]
        case "run.move":
            return [Detail(N_("Move"), None, _value("to", detail["to"]))]
        case "submission.reevaluated":
            return _scores(detail)
        case "claim.correct":
            return _corrections(detail["was"], detail["is"])
    return []


def _setting(name: str, change: Mapping[str, Any], classroom: Classroom) -> Detail:
    was, is_ = (_value(name, change[when], classroom) for when in ("was", "is"))
    return Detail(SETTINGS.get(name, name), was, is_)


def _value(name: str, value: Any, classroom: Classroom | None = None) -> str:
    if value is None:
        return NOTHING
    if classroom is not None and name in ("opens", "closes"):
        return in_class_time(datetime.fromisoformat(value), classroom)
    return "…" if isinstance(value, dict | list) else CHOICES.get((name, value)) or str(value)


def _scores(detail: Mapping[str, Any]) -> list[Detail]:
    was, now = (f"{percent(found['accuracy'])} %" if found else NOTHING for found in (detail["was"], detail["is"]))
    return [Detail(N_("Accuracy"), was, now)]


def _corrections(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[Detail]:
    names = [name for name in now if was.get(name) != now[name]]
    return [Detail(name, _value(name, was.get(name)), _value(name, now[name])) for name in names]
