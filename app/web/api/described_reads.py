"""What OpenAPI says of all reads: `fields=`, If-None-Match, ETag and 304, which `reads.py` adds to them all alike."""

from threading import Lock
from typing import Any

from fastapi import FastAPI

from app.web.api.bodies import problems
from app.web.api.reads import PREFIX

FIELDS = {
    "name": "fields",
    "in": "query",
    "required": False,
    "description": "Only these fields, parted by commas; a dot leads into an object.",
    "schema": {"type": "string", "maxLength": 2000, "title": "Fields"},
}
KNOWN = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the answer that you have: 304 if it is still the same.",
    "schema": {"type": "string", "title": "If-None-Match"},
}
UNCHANGED = {"description": "Nothing has changed since the answer with the ETag in If-None-Match."}
MARK = {"description": "The mark of this answer, for If-None-Match.", "schema": {"type": "string"}}
FIELDS_REF, KNOWN_REF = "#/components/parameters/fields", "#/components/parameters/known"


def describe_reads(app: FastAPI) -> None:
    """Let the application's OpenAPI document say it."""
    plain, lock = app.openapi, Lock()
    made: list[dict[str, Any]] = []

    def openapi() -> dict[str, Any]:
        with lock:
            if not made:
                made.append(_with_reads(plain()))
            return dict(made[0])

    app.openapi = openapi  # type: ignore[method-assign]


def _with_reads(document: dict[str, Any]) -> dict[str, Any]:
    parameters = document["components"].setdefault("parameters", {})
    parameters |= {"fields": FIELDS, "known": KNOWN}
    for path, methods in document["paths"].items():
        if path.startswith(PREFIX) and "get" in methods:
            _describe(methods["get"])
    return document


def _describe(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    kinds = answers["200"].get("content", {})
    if not kinds.keys() & {"application/json", "text/csv", "application/octet-stream"}:
        return
    own = operation.setdefault("parameters", [])
    own.append({"$ref": KNOWN_REF})
    answers["200"]["headers"] = {"ETag": MARK}
    answers.setdefault("304", UNCHANGED)
    if "application/json" in kinds:
        own.append({"$ref": FIELDS_REF})
        answers.setdefault("422", next(iter(problems(422).values())))
    operation["responses"] = dict(sorted(answers.items()))
