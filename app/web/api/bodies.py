"""Reading JSON bodies, and describing bodies and problems to OpenAPI."""

import json
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request

from app.core.errors import Problem, UnknownContent
from app.core.sentences import N_, Sentence


async def read_json(request: Request) -> dict[str, Any]:
    """The object in a JSON body.

    Raises:
        UnknownContent: if the body is said to be something else.
        Problem: if it is no JSON object, or holds text that is no Unicode.
    """
    kind = content_kind(request)
    if kind != "application/json":
        text = N_("Send application/json here; “%(value)s” was sent.")
        raise UnknownContent(Sentence(text, {"value": kind[:60]}))
    body = await request.body()
    try:
        value = json.loads(body)
        # Half of a surrogate pair passes json.loads, and then no database and no page can hold it.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        text = N_("The body cannot be read as JSON: %(reason)s")
        raise Problem(Sentence(text, {"reason": str(error)[:120]})) from error
    if not isinstance(value, dict):
        text = N_("The body must be a JSON object: {…}; it begins with “%(value)s”.")
        raise Problem(Sentence(text, {"value": body[:20].decode("utf-8", "replace")}))
    return value


def content_kind(request: Request) -> str:
    """The media type of a body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def json_body(model: type[BaseModel], **others: Any) -> dict[str, Any]:
    """OpenAPI's description of a body that we read ourselves, so that its errors are our sentences."""
    content = {"application/json": {"schema": model.model_json_schema()}} | others
    return {"requestBody": {"required": True, "content": content}}


class ProblemBody(BaseModel):
    """An error, by RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    instance: str
    fields: dict[str, str] = {}


MEANINGS = {
    400: "The request cannot be read.",
    401: "No valid token.",
    403: "Not yours.",
    404: "There is no such thing, or you may not know of it.",
    409: "The request contradicts what is there.",
    413: "The body is too large. Nothing was kept.",
    415: "The body is of an unknown kind.",
    422: "Some values cannot be used: `fields` has one sentence for each.",
    503: "No worker answered in time. The files can be submitted all the same.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors that a route answers with, for OpenAPI."""
    content = {"application/problem+json": {"schema": ProblemBody.model_json_schema()}}
    return {status: {"description": MEANINGS[status], "content": content} for status in statuses}
