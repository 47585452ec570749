"""What became of the messages to a webhook, and switching one on again that was given up."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.core.database import session_scope
from app.core.tables import WebhookDelivery
from app.core.webhook_deliveries import deliveries_of, enable
from app.core.webhooks import find_webhook
from app.web.api.bodies import problems
from app.web.api.callers import Caller
from app.web.api.parts import AskedPart
from app.web.api.webhooks import WebhookBody, webhook_fields

router = APIRouter(prefix="/webhooks/{webhook_id}", tags=["webhooks"])


class DeliveryBody(BaseModel):
    """A message, and what became of it."""

    id: int
    delivery_id: str = Field(
        examples=["webhook-1-run.finished-0190a5f2-5d1c-7f5e-9a39-7a4d1c3b2e10"],
        description="the header webhook-id: the same for every try of this message",
    )
    event: str = Field(examples=["run.finished"])
    state: Literal["waiting", "delivered", "given_up"]
    created: datetime
    tries: int = Field(examples=[1])
    last_tried: datetime | None
    answer: str = Field(examples=["200"], description="what the last try came to; empty before the first")


class Deliveries(BaseModel):
    """A part of them, newest first."""

    deliveries: list[DeliveryBody]
    next: str | None = Field(description="address of the part that follows; null at the end")


@router.get(
    "/deliveries",
    operation_id="listDeliveries",
    summary="What became of the messages to a webhook of mine",
    responses=problems(401, 403, 404, 422),
)
def get_deliveries(webhook_id: int, caller: Caller, part: AskedPart) -> Deliveries:
    """Newest first; kept for 30 days."""
    with session_scope() as session:
        webhook = find_webhook(session, caller, webhook_id)
        found = deliveries_of(session, webhook, part.limit + 1, part.position)
        shown, following = part.cut(found, lambda each: each.stored_id)
        return Deliveries(deliveries=[_body(each) for each in shown], next=following)


def _body(row: WebhookDelivery) -> DeliveryBody:
    state = "delivered" if row.delivered else "given_up" if row.given_up else "waiting"
    return DeliveryBody.model_validate(row.model_dump() | {"state": state})


@router.post(
    "/enable",
    operation_id="enableWebhook",
    summary="Tell a webhook of mine again that was given up",
    responses=problems(401, 403, 404, 422),
)
def post_enable(webhook_id: int, caller: Caller) -> WebhookBody:
    """A webhook that takes nothing for five days is switched off. What happened meanwhile is not sent."""
    with session_scope() as session:
        webhook = find_webhook(session, caller, webhook_id)
        enable(session, webhook)
        return WebhookBody.model_validate(webhook_fields(webhook))
