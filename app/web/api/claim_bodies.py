"""What the API says of claims."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field

from app.core.claims import Draft, Rebuilt
from app.core.rebuilding.plan import missing
from app.core.thread.layers import written
from app.core.thread.understanding import Understood
from app.web.api.wording import words
from app.web.claims_view import ClaimView


class UnderstoodBody(BaseModel):
    """What was read of a post; null is what it does not say."""

    optimizer: str | None = Field(examples=["Adam"])
    learning_rate: float | None = Field(examples=[0.001])
    momentum: float | None
    batch_size: int | None = Field(examples=[64])
    epochs: int | None
    layers: list[dict[str, Any]] = Field(
        examples=[[{"kind": "conv", "inputs": 1, "outputs": 10, "kernel": 5}, {"kind": "relu"}]]
    )
    written: str = Field(examples=["conv 1->10 5x5, ReLU"], description="the same layers in one line")
    branches: bool = Field(description="the posted code is no chain of layers")
    missing: list[str] = Field(description="what the post does not say, in the language of Accept-Language")


class PlanBody(BaseModel):
    """What running the claim would submit."""

    recipe: dict[str, Any]
    parameters: int
    taken: list[str] = Field(description="what is taken because the post does not say it")
    source: str = Field(description="the model file")


class RebuiltBody(BaseModel):
    """A submission that was made of a claim."""

    number: int
    handle: str
    accuracy: float | None = Field(description="measured, 0 to 1; null without a result")
    difference: float | None = Field(description="measured less claimed; null where they are of different images")
    url: str = Field(examples=["/api/v1/submissions/12"])


class ClaimBody(BaseModel):
    """An accuracy posted elsewhere; it never ranks."""

    id: int
    author: str
    posted: datetime | None
    url: str = Field(description="of the post; empty if not known")
    accuracy: float | None = Field(examples=[0.9427], description="as claimed, 0 to 1")
    text: str = Field(description="the post as it was written")
    understood: UnderstoodBody
    plan: PlanBody | None = Field(description="null where it cannot be run: see obstacle")
    obstacle: str | None = Field(description="why it cannot be run")
    rebuilt: list[RebuiltBody]
    withdrawn: datetime | None
    links: dict[str, str]


class Claims(BaseModel):
    """A part of the claims. `next` is the address of the following part, or null."""

    claims: list[ClaimBody]
    unmeasured: int = Field(description="how many of all claims nothing has been measured of")
    next: str | None


class DraftBody(BaseModel):
    """A post of an imported thread with what was understood of it."""

    author: str
    posted: datetime | None
    url: str
    text: str
    accuracy: float | None
    understood: UnderstoodBody
    is_known: bool = Field(description="it was imported before and is not saved again")
    is_claim: bool = Field(description="it will be saved: it claims an accuracy and is not here yet")


class Imported(BaseModel):
    """What a thread says. `saved`: the ids of new claims; empty in a preview."""

    posts: list[DraftBody]
    saved: list[int]


def claim_body(view: ClaimView, request: Request) -> ClaimBody:
    """All of a claim."""
    claim = view.claim
    here = f"/api/v1/claims/{claim.id}"
    return ClaimBody(
        **claim.model_dump(include={"id", "author", "posted", "url", "accuracy", "text", "withdrawn"}),
        understood=understood_body(view.understood, request),
        plan=_plan(view, request),
        obstacle=words(request, view.obstacle) if view.obstacle else None,
        rebuilt=[_rebuilt(view, each) for each in view.rebuilt],
        links={"self": here, "submissions": f"{here}/submissions", "html": f"/claims/{claim.id}"},
    )


def understood_body(found: Understood, request: Request) -> UnderstoodBody:
    """What was read of a post."""
    stored: Mapping[str, Any] = found.as_json()
    gone = [words(request, each) for each in missing(found)]
    return UnderstoodBody(**stored, written=written(found.layers), missing=gone)


def _plan(view: ClaimView, request: Request) -> PlanBody | None:
    if view.plan is None:
        return None
    taken = [words(request, each) for each in view.plan.taken]
    return PlanBody(recipe=view.plan.recipe, parameters=view.plan.parameters, taken=taken, source=view.plan.source)


def _rebuilt(view: ClaimView, each: Rebuilt) -> RebuiltBody:
    return RebuiltBody(
        number=each.number,
        handle=each.handle,
        accuracy=each.accuracy,
        difference=view.difference(each),
        url=f"/api/v1/submissions/{each.number}",
    )


def draft_body(each: Draft, request: Request) -> DraftBody:
    """A post before it is saved."""
    return DraftBody(
        author=each.post.author,
        posted=each.post.posted,
        url=each.post.url,
        text=each.post.text,
        accuracy=each.understood.accuracy,
        understood=understood_body(each.understood, request),
        is_known=each.is_known,
        is_claim=each.is_claim,
    )
