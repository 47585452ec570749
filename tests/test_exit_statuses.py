"""How a command ends says what happened, the same in code and README."""

import re

import pytest

from app.client import errors
from app.commands.endings import (
    INTERRUPTED,
    NOT_SIGNED_IN,
    REFUSED,
    SERVICE_FAULT,
    STATUS_OF,
    UNREACHABLE,
    status_of,
    status_of_error,
)
from app.core.outcomes import Outcome
from app.core.settings import CHECKOUT

README = (CHECKOUT / "README.md").read_text("utf-8")


def test_every_outcome_has_a_status_of_its_own() -> None:
    others = {REFUSED, 2, UNREACHABLE, NOT_SIGNED_IN, SERVICE_FAULT, INTERRUPTED}

    assert set(STATUS_OF) == set(Outcome)
    assert len(set(STATUS_OF.values()) | others) == len(STATUS_OF) + len(others)


@pytest.mark.parametrize("outcome", Outcome)
def test_the_readme_has_it(outcome: Outcome) -> None:
    assert re.search(rf"\b{STATUS_OF[outcome]} `{outcome}`", README)


def test_an_outcome_of_a_newer_service_is_no_success() -> None:
    assert status_of("melted") == REFUSED


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Unreachable(""), UNREACHABLE),
        (errors.BadAnswer(""), UNREACHABLE),
        (errors.refusal(401, "", "", {}), NOT_SIGNED_IN),
        (errors.refusal(503, "", "", {}), SERVICE_FAULT),
        (errors.refusal(422, "", "", {}), REFUSED),
        (errors.refusal(429, "", "", {}, 3), REFUSED),
        (errors.ClientError(""), REFUSED),
    ],
)
def test_every_error_has_a_status(error: errors.ClientError, status: int) -> None:
    assert status_of_error(error) == status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.NotSignedIn),
        (403, errors.NotAllowed),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (418, errors.Refused),
        (422, errors.InvalidFields),
        (429, errors.TooMany),
        (500, errors.ServiceFault),
    ],
)
def test_every_status_of_http_has_an_error(status: int, kind: type[errors.Refused]) -> None:
    assert type(errors.refusal(status, "code", "A sentence.", {})) is kind
