"""What OpenAPI says of all operations alike: errors, who may call, headers, examples.

FastAPI describes what stands at a route. What surrounds all of them (tokens, limits, keys, the size of a body) can
answer at every route, and is said here once.
"""

from collections.abc import Iterator
from http import HTTPStatus
from threading import Lock
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.core.errors import Problem
from app.web.api import callers
from app.web.api.bodies import MEANINGS, ProblemBody
from app.web.api.examples import example_of
from app.web.api.idempotency import WRITES

Document = dict[str, Any]

PREFIX = "/api/"
ABOUT = (
    "Everything that the pages of this leaderboard can do. Reading is public unless the class keeps itself to itself; "
    "writing needs a token: `Authorization: Bearer mnb_…`. Errors are `application/problem+json` (RFC 9457) with a "
    "stable `code`; sentences are in the language of `Accept-Language` (en, zh)."
)
# Whoever sends a token can hear that it is none (401); the minute can be used up (429).
ANYWHERE = (401, 429)
# Every write may carry a key, whose request is read and may be in use (409), be wrong (422), too large or no form.
AT_WRITES = (400, 403, 409, 413, 415, 422)
NEEDING = {callers.caller, callers.token_maker, callers.password_owner}
BY_PASSWORD = {callers.token_maker, callers.password_owner}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 200 visible ASCII characters, e.g. a UUID. The same request with the same key is carried out "
    "once: within 24 hours it is answered as before, with `Idempotent-Replay: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
HEADERS: dict[str, Any] = {
    "X-Request-ID": {"description": "The number of this request in our log.", "schema": {"type": "string"}},
    "RateLimit-Policy": {
        "description": "Limits: `q` of `w` seconds. `api`: requests; `runs`: what a day's quota allows.",
        "schema": {"type": "string"},
        "example": '"api";q=600;w=60',
    },
    "RateLimit": {
        "description": "What is left of them (`r`), and the seconds until there is more (`t`).",
        "schema": {"type": "string"},
        "example": '"api";r=599;t=60',
    },
    "Retry-After": {
        "description": "Seconds to wait.",
        "schema": {"type": "integer", "minimum": 1},
        "required": True,
        "example": 40,
    },
    "Idempotent-Replay": {
        "description": "`true`: carried out before; this is the answer of then.",
        "schema": {"type": "string"},
    },
}
KINDS: tuple[type[Problem], ...] = (Problem, *Problem.__subclasses__())
CODES = {kind.status: kind.code for kind in KINDS}
ON_ALL = ("X-Request-ID", "RateLimit-Policy", "RateLimit")


def describe_api(app: FastAPI) -> None:
    """Let the application's OpenAPI document say it."""
    plain, lock = app.openapi, Lock()
    made: list[Document] = []

    def openapi() -> Document:
        with lock:
            if not made:
                made.append(_completed(app, plain()))
            return made[0]

    app.openapi = openapi  # type: ignore[method-assign]


def _completed(app: FastAPI, document: Document) -> Document:
    document["info"]["description"] = ABOUT
    parts = document["components"]
    parts["schemas"].pop("HTTPValidationError", None)
    parts["schemas"].pop("ValidationError", None)
    parts["schemas"]["ProblemBody"] = ProblemBody.model_json_schema()
    parts["headers"] = HEADERS
    parts["responses"] = {_name(status): _problem(status) for status in MEANINGS}
    parts.setdefault("parameters", {})["key"] = KEY
    callables = {(method, path): calls for method, path, calls in _routes(app)}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path.startswith(PREFIX):
                _describe(operation, method.upper(), callables.get((method.upper(), path), set()), parts["schemas"])
    return document


def _routes(app: FastAPI) -> Iterator[tuple[str, str, set[Any]]]:
    """Method and path of every route with all that it depends on."""

    def walk(routes: Any, prefix: str) -> Iterator[tuple[str, str, set[Any]]]:
        for route in routes:
            if hasattr(route, "original_router"):
                yield from walk(route.original_router.routes, prefix + route.include_context.prefix)
            elif isinstance(route, APIRoute):
                yield from ((method, prefix + route.path, _calls(route.dependant)) for method in route.methods or ())

    return walk(app.routes, "")


def _calls(dependant: Dependant) -> set[Any]:
    calls: set[Any] = {dependant.call}
    return calls.union(*(_calls(each) for each in dependant.dependencies))


def _describe(operation: Document, method: str, calls: set[Any], schemas: Document) -> None:
    operation["security"] = _security(calls)
    if method in WRITES:
        _add_key(operation)
    _hoist_bodies(operation, schemas)
    _add_problems(operation, method)
    for content in _contents(operation):
        _add_example(content, schemas)
    for parameter in operation.get("parameters", []):
        if "$ref" not in parameter and parameter.get("required"):
            parameter.setdefault("example", example_of(parameter["schema"], schemas, parameter["name"]))


def _security(calls: set[Any]) -> list[Document]:
    """An empty one says that nobody need be there."""
    if not calls & NEEDING:
        return [{}, {"token": []}]
    ways: list[Document] = [] if callers.password_owner in calls else [{"token": []}]
    return [*ways, {"password": []}] if calls & BY_PASSWORD else ways


def _add_key(operation: Document) -> None:
    """Submissions have a key parameter of their own, and answer 200 instead of what they answered."""
    own = operation.setdefault("parameters", [])
    others = [each for each in own if each.get("name", "").lower() != "idempotency-key"]
    operation["parameters"] = [*others, {"$ref": "#/components/parameters/key"}]


def _hoist_bodies(operation: Document, schemas: Document) -> None:
    """Bodies that we read ourselves stand there whole; they get a name like all others."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content["schema"]
        # Other names are refused, so that a typing error does not go unnoticed; forms have options too.
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for name, part in schema.pop("$defs", {}).items():
            schemas.setdefault(name, _rebased(part))
        name = schema.get("title")
        if name and schemas.setdefault(name, _rebased(schema)) == _rebased(schema):
            content["schema"] = {"$ref": f"#/components/schemas/{name}"}


def _rebased(value: Any) -> Any:
    """References to a schema's own parts made references to the document's."""
    if isinstance(value, dict):
        return {
            key: each.replace("#/$defs/", "#/components/schemas/")
            if key == "$ref" and isinstance(each, str)
            else _rebased(each)
            for key, each in value.items()
        }
    return [_rebased(each) for each in value] if isinstance(value, list) else value


def _add_problems(operation: Document, method: str) -> None:
    answers = operation["responses"]
    own = {int(status) for status in answers if int(status) >= 400}
    own |= {*ANYWHERE, *(AT_WRITES if method in WRITES else ()), *([422] if operation.get("parameters") else [])}
    for status in sorted(own):
        answers[str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}
    for status, answer in answers.items():
        if "$ref" not in answer:
            more = ["Idempotent-Replay"] if method in WRITES and status < "300" else []
            answer["headers"] = answer.get("headers", {}) | _headers(*ON_ALL, *more)
    operation["responses"] = dict(sorted(answers.items()))


def _name(status: int) -> str:
    """What the document calls a problem's answer."""
    return HTTPStatus(status).phrase.title().replace(" ", "")


def _headers(*names: str) -> Document:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problem(status: int) -> Document:
    """A problem's answer."""
    content = {"schema": {"$ref": "#/components/schemas/ProblemBody"}, "example": _problem_example(status)}
    return {
        "description": MEANINGS[status],
        "content": {"application/problem+json": content},
        "headers": _headers(*ON_ALL, *(["Retry-After"] if status == HTTPStatus.TOO_MANY_REQUESTS else [])),
    }


def _problem_example(status: int) -> Document:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": MEANINGS[status],
        "code": CODES[status],
        "instance": "urn:request:4f1c0a9be21d",
        "fields": {"epochs": "epochs must be 1 to 100; “0” was given."} if status == 422 else {},
    }


def _contents(operation: Document) -> Iterator[Document]:
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for answer in operation["responses"].values():
        yield from answer.get("content", {}).values()


def _add_example(content: Document, schemas: Document) -> None:
    is_binary = content["schema"].get("format") == "binary"
    if not is_binary and "example" not in content and "examples" not in content:
        content["example"] = example_of(content["schema"], schemas)
