"""Reading JSON bodies, and describing bodies and problems to OpenAPI."""

import json
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request

from app.core.errors import InvalidFields, Problem, UnknownContent
from app.core.sentences import N_, Sentence

# Nothing of ours is nested deeper than a comment of GitHub's API.
DEPTH_MAXIMUM = 32
HOLDS_NUL = N_("%(name)s holds a NUL character, which no text here can have; “%(value)s” was given.")
SHOWN_MAXIMUM = 40


async def read_json(request: Request) -> dict[str, Any]:
    """The object in a JSON body.

    Raises:
        UnknownContent: if the body is said to be something else.
        Problem: if it is no JSON object, or holds text that is no Unicode.
        InvalidFields: if a field holds a NUL character.
    """
    kind = content_kind(request)
    if kind != "application/json":
        text = N_("Send application/json here; “%(value)s” was sent.")
        raise UnknownContent(Sentence(text, {"value": kind[:60]}))
    body = await request.body()
    try:
        # NaN and Infinity pass too: who looks at the field can name it, and takes neither.
        value = json.loads(body)
        # Half of a surrogate pair passes json.loads, and then no database and no page can hold it.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise _unreadable(str(error)) from error
    if not _is_shallow(value, DEPTH_MAXIMUM):
        raise _unreadable(f"it is nested deeper than {DEPTH_MAXIMUM} levels")
    if not isinstance(value, dict):
        sentence = N_("The body must be a JSON object: {…}; it begins with “%(value)s”.")
        raise Problem(Sentence(sentence, {"value": body[:20].decode("utf-8", "replace")}))
    if errors := dict(_nul_error(name, each) for name, each in value.items() if _holds_nul([name, each])):
        raise InvalidFields(errors)
    return value


def _holds_nul(value: Any) -> bool:
    """Whether a NUL character, of which PostgreSQL stores none, is anywhere in it."""
    if isinstance(value, dict):
        return _holds_nul([*value, *value.values()])
    return any(map(_holds_nul, value)) if isinstance(value, list) else "\0" in str(value)


def _nul_error(name: str, value: Any) -> tuple[str, Sentence]:
    values = {"name": name[:SHOWN_MAXIMUM], "value": str(value)[:SHOWN_MAXIMUM]}
    return values["name"], Sentence(HOLDS_NUL, values)


def _unreadable(reason: str) -> Problem:
    return Problem(Sentence(N_("The body cannot be read as JSON: %(reason)s"), {"reason": reason[:120]}))


def _is_shallow(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    parts = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(part, levels - 1) for part in parts)


def content_kind(request: Request) -> str:
    """The media type of a body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def json_body(model: type[BaseModel], **others: Any) -> dict[str, Any]:
    """OpenAPI's description of a body that we read ourselves, so that its errors are our sentences."""
    content = {"application/json": {"schema": model.model_json_schema()}} | others
    return {"requestBody": {"required": True, "content": content}}


class ProblemBody(BaseModel):
    """An error, by RFC 9457."""

    type: str = Field(default="about:blank", description="`code` tells errors apart")
    title: str = Field(examples=["Not Found"], description="what the status means")
    status: int = Field(examples=[404], description="as of the answer")
    detail: str = Field(examples=["There is no submission #12."], description="one sentence: what, and what to do")
    code: str = Field(examples=["not_found"], description="stable, for programs")
    instance: str = Field(examples=["urn:request:4f1c0a9be21d"], description="the header X-Request-ID")
    fields: dict[str, str] = Field(default={}, description="a sentence for each value that cannot be used")


MEANINGS = {
    400: "The request cannot be read.",
    401: "No valid token, or a wrong password.",
    403: "Not yours to do, or not with this token.",
    404: "There is no such thing, or you may not know of it.",
    409: "The request contradicts what is there, or its Idempotency-Key is in use.",
    413: "The body is too large. Nothing was kept.",
    415: "The body is of an unknown kind.",
    422: "Some values cannot be used: `fields` has one sentence for each.",
    429: "Asked or tried too often, or no runs left: Retry-After says in how many seconds to come back.",
    503: "No worker answered in time. The files can be submitted all the same.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors that a route answers with, for OpenAPI."""
    content = {"application/problem+json": {"schema": ProblemBody.model_json_schema()}}
    return {status: {"description": MEANINGS[status], "content": content} for status in statuses}
