"""Whatever is sent to the API by whomever: answers of ours, and only those that the OpenAPI document names.

schemathesis makes requests from the document, good ones and wrong ones; each is sent by a stranger, by the owner of
what is there and by the teacher. `API_EXAMPLES` asks for so many random requests per operation, anew in each run.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.settings import get_settings
from app.web.main import create_app
from tests.permission_ground import PLACES, fill_ground

MORE = os.environ.get("API_EXAMPLES")
CHECKS = [
    # An error of ours is described nowhere; 503 is where nobody may be there to answer.
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CONFIG: dict[str, Any] = {
    "generation": {
        "deterministic": MORE is None,
        "max-examples": int(MORE or 3),
        "database": "none",
        "with-security-parameters": False,
    },
    "phases": {"coverage": {"unexpected-methods": []}},
}


def _without_lifespan(app: ASGIApp) -> ASGIApp:
    """schemathesis starts an application once for all tests; each of ours has its own database."""

    async def started(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await app(scope, receive, send)

    return started


def _described(app: FastAPI) -> Any:
    paths = {path: methods for path, methods in app.openapi()["paths"].items() if path.startswith("/api/")}
    found = schemathesis.openapi.from_dict(
        {**app.openapi(), "paths": paths}, config=SchemathesisConfig.from_dict(CONFIG)
    )
    found.app = _without_lifespan(app)
    return found


described = _described(create_app())


@dataclass(frozen=True)
class Sender:
    """Somebody, and whether they ask for what there is (tests/permission_ground.py) or for what was made up."""

    headers: dict[str, str]
    knows_places: bool


@pytest.fixture
def senders(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> list[Sender]:
    """A stranger, the owner of one thing of each kind, and the teacher."""
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE", "0")
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE_PER_ADDRESS", "0")
    get_settings.cache_clear()
    tokens, _ = fill_ground()
    teacher = tokens["teacher"]
    return [Sender({}, False), Sender(tokens["owner"], True), Sender(teacher, True), Sender(teacher, False)]


@described.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_is_described(case: schemathesis.Case, senders: list[Sender]) -> None:
    made_up = dict(case.path_parameters or {})
    for sender in _who_sends(case, senders):
        case.path_parameters = made_up | _known(made_up) if sender.knows_places else made_up
        answer = case.call(headers=sender.headers)
        case.validate_response(answer, checks=_checks(case), headers=sender.headers)


def _known(names: Iterable[str]) -> dict[str, str]:
    return {name: PLACES[name] for name in names if name in PLACES}


def _checks(case: schemathesis.Case) -> list[Any]:
    """A part of an answer, asked for with `fields=`, lacks what its schema demands of the whole."""
    is_part = "fields" in (case.query or {})
    return [check for check in CHECKS if not (is_part and check is response_schema_conformance)]


def _who_sends(case: schemathesis.Case, senders: list[Sender]) -> list[Sender]:
    """Everybody; of the thousands that try each limit of each field, one of them in turn."""
    if MORE or case.meta is None or case.meta.phase.name is not TestPhase.COVERAGE:
        return senders
    senders.append(senders.pop(0))
    return senders[:1]
