"""Webhooks: addresses that are told of finished runs and of records."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.core import webhooks
from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.jobs import get_jobs
from app.core.sentences import N_, Sentence
from app.core.tables import User, Webhook
from app.web.api.bodies import json_body, problems, read_json
from app.web.api.callers import Caller

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


class NewWebhook(BaseModel):
    """Where to send what."""

    url: str = Field(
        max_length=webhooks.URL_MAXIMUM,
        examples=["https://example.org/hook"],
        description="http or https, on the public Internet; redirects are not followed",
    )
    events: list[str] = Field(
        default=list(webhooks.EVENTS),
        examples=[["run.finished"]],
        description="run.finished: a run of yours (for teachers: anybody's) has ended; record: there is a new record",
    )


class WebhookBody(BaseModel):
    """An address that is told."""

    id: int
    url: str
    events: list[str]
    created: datetime
    last_tried: datetime | None
    last_answer: str = Field(examples=["200"], description="what the last try came to; empty before the first")
    failing_since: datetime | None = Field(description="of the first failure after the last success")
    disabled: datetime | None = Field(description="when it was switched off: it had taken nothing for five days")


class MadeWebhook(WebhookBody):
    """A new webhook. Its secret is shown this once."""

    secret: str = Field(
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        description="keys the HMAC-SHA256 of the header webhook-signature, as Standard Webhooks says",
    )


def webhook_fields(webhook: Webhook) -> dict[str, Any]:
    """What the body takes of a row."""
    return webhook.model_dump() | {"events": webhook.events.split()}


@router.get("", operation_id="listWebhooks", summary="My webhooks, newest first", responses=problems(401, 403))
def get_webhooks(caller: Caller) -> list[WebhookBody]:
    """Without their secrets."""
    with session_scope() as session:
        return [WebhookBody.model_validate(webhook_fields(each)) for each in webhooks.webhooks_of(session, caller)]


@router.post(
    "",
    operation_id="createWebhook",
    summary="Add a webhook",
    status_code=201,
    responses=problems(400, 401, 403, 409, 413, 415, 422),
    openapi_extra=json_body(NewWebhook),
)
async def post_webhook(request: Request, response: Response, caller: Caller) -> MadeWebhook:
    """Each event is a POST of JSON with type, timestamp and data; failed ones are tried again for about an hour."""
    url, events = _parse(await read_json(request))
    response.headers["Cache-Control"] = "no-store"
    return await run_in_threadpool(_make, caller, url, events)


def _parse(given: dict[str, Any]) -> tuple[str, list[str]]:
    errors: dict[str, Sentence] = {}
    for name in given.keys() - NewWebhook.model_fields.keys():
        text = N_("There is no field “%(name)s”. The fields are: %(names)s.")
        errors[name[:40]] = Sentence(text, {"name": name[:40], "names": ", ".join(NewWebhook.model_fields)})
    url, events = given.get("url", ""), given.get("events", list(webhooks.EVENTS))
    if not isinstance(url, str):
        text = N_("%(name)s must be text; “%(value)s” was given.")
        errors["url"] = Sentence(text, {"name": "url", "value": str(url)[:40]})
    if not (isinstance(events, list) and all(isinstance(event, str) for event in events)):
        text = N_("%(name)s must be a list of texts: […]; “%(value)s” was given.")
        errors["events"] = Sentence(text, {"name": "events", "value": str(events)[:40]})
    if errors:
        raise InvalidFields(errors)
    return url, events


def _make(user: User, url: str, events: list[str]) -> MadeWebhook:
    with session_scope() as session:
        return MadeWebhook.model_validate(webhook_fields(webhooks.add_webhook(session, user, url, events)))


@router.delete(
    "/{webhook_id}",
    operation_id="removeWebhook",
    summary="Remove one of my webhooks",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
def delete_webhook(webhook_id: int, caller: Caller) -> None:
    """It is told no more, also not of what is queued."""
    with session_scope() as session:
        webhooks.remove_webhook(session, caller, webhook_id)


@router.post(
    "/{webhook_id}/test",
    operation_id="testWebhook",
    summary="Send one of my webhooks a message to try it",
    status_code=202,
    responses=problems(401, 403, 404, 422),
)
def post_test(webhook_id: int, caller: Caller) -> WebhookBody:
    """Its type is ping; one in ten seconds at most. Read `last_answer` a few seconds later."""
    with session_scope() as session:
        webhook = webhooks.find_webhook(session, caller, webhook_id)
        webhooks.send_ping(session, get_jobs(), webhook)
        return WebhookBody.model_validate(webhook_fields(webhook))
