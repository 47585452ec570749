"""How a command ends: its exit status by outcome and by error, and the sentence beside it.

The README has the same table; a test compares them.
"""

from typing import Any

import typer

from app.commands.output import Failed, errors, is_json, print_json, sentence
from app.core.outcomes import Outcome

REFUSED = 1
# 2 is wrong usage: typer's own.
UNREACHABLE = 3
NOT_SIGNED_IN = 4
SERVICE_FAULT = 5
INTERRUPTED = 130

STATUS_OF = {
    Outcome.OK: 0,
    Outcome.BAD_FILE: 10,
    Outcome.BAD_MODEL: 11,
    Outcome.BAD_OUTPUT: 12,
    Outcome.DIVERGED: 13,
    Outcome.TIMED_OUT: 14,
    Outcome.OUT_OF_MEMORY: 15,
    Outcome.CRASHED: 16,
    Outcome.REFUSED: 17,
    Outcome.CANCELLED: 18,
    Outcome.INTERNAL: 19,
}

# Typer parts paragraphs by an empty line.
STATUSES_IN_WORDS = "\n\n".join(
    (
        "Exit statuses: 0 done, or measured · 1 refused · 2 not understood · 3 nobody answers · 4 not signed in · "
        "5 the service cannot answer now · 130 Ctrl-C.",
        "How a run or a check ended, with watch, --watch and check: "
        + " · ".join(f"{status} {outcome}" for outcome, status in STATUS_OF.items())
        + ".",
    )
)

# Fields that have another name here.
OPTIONS = {
    "model_file": "FILE",
    "class_name": "--class",
    "idempotency_key": "--key",
    "q": "--search",
    "opt": "--optimizer",
    "best": "--every",
}


def status_of(outcome: str | None) -> int:
    """The exit status for an outcome; 1 for one that only a newer service knows."""
    return STATUS_OF[Outcome(outcome)] if outcome in set(Outcome) else REFUSED


def tell_failure(error: Exception, context: typer.Context) -> int | None:
    """Say on standard error what went wrong; returns the exit status, or None for an error of another kind."""
    from app.client.errors import ClientError, Refused

    if not isinstance(error, ClientError | Failed):
        return None
    if is_json(context):
        print_json(error.as_json() if isinstance(error, Refused) else {"detail": str(error)}, errors)
    else:
        _tell(error)
    return status_of_error(error)


def _tell(error: Exception) -> None:
    fields: dict[str, str] = getattr(error, "fields", {})
    for line in _sentences(error, fields):
        errors.print(sentence(line), markup=False)
    if status_of_error(error) == NOT_SIGNED_IN:
        errors.print("Sign in first: mnist-benchmark login", markup=False)
    if (seconds := getattr(error, "retry_after_s", None)) is not None:
        errors.print(f"Try again in {seconds} s.", markup=False)


def _sentences(error: Exception, fields: dict[str, str]) -> list[str]:
    """One for each field, named as the option is; the general sentence says nothing more then."""
    return [f"{_option(name)}: {text}" for name, text in fields.items()] or [str(error)]


def _option(field: str) -> str:
    """What a field of the service is called here."""
    if field.startswith("option."):
        return f"--option {field.removeprefix('option.')}"
    return OPTIONS.get(field, f"--{field.replace('_', '-')}")


def status_of_error(error: Any) -> int:
    """The exit status for a client's error."""
    from app.client import errors as kinds

    if isinstance(error, kinds.Unreachable | kinds.BadAnswer):
        return UNREACHABLE
    if isinstance(error, kinds.NotSignedIn):
        return NOT_SIGNED_IN
    return SERVICE_FAULT if isinstance(error, kinds.ServiceFault) else REFUSED
