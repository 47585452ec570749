"""GET /claims and /claims/{id}: what was posted elsewhere, and what of it has been measured here."""

import uuid
from collections.abc import Mapping

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import HTMLResponse

from app.core.claims import find_claim, is_teacher, list_claims
from app.core.sentences import Sentence
from app.core.thread.corrections import OPTIMIZERS
from app.web.claims_view import DraftView, claim_views, correction_view
from app.web.dependencies import DbSession, OptionalUser, ThisPage
from app.web.page import Page
from app.web.recipe_words import form_value
from app.web.submit_form import Field, make_form

router = APIRouter(prefix="/claims")
# Those of the recipe that posts tell of; the rest takes its defaults.
SHOWN_FIELDS = ("epochs", "batch_size", "learning_rate", "optimizer", "momentum")


@router.get("")
def get_claims(page: ThisPage, session: DbSession, reader: OptionalUser) -> HTMLResponse:
    """All claims, in the order in which they were posted."""
    views = claim_views(session, list_claims(session, reader))
    return page.render("claims.html", claims=views, is_teacher=is_teacher(reader))


@router.get("/{claim_id}")
def get_claim(page: ThisPage, session: DbSession, reader: OptionalUser, claim_id: int) -> HTMLResponse:
    """One claim with its text, what was understood, and what would be run."""
    return show_claim(page, session, claim_id)


def show_claim(
    page: Page,
    session: Session,
    claim_id: int,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, Sentence] | None = None,
    correction: DraftView | None = None,
) -> HTMLResponse:
    """The page of a claim, with what was typed into its forms and what is wrong with that."""
    view = claim_views(session, [find_claim(session, claim_id, page.reader)])[0]
    recipe = view.plan.recipe if view.plan else {}
    values = {name: form_value(value) for name, value in recipe.items()} | dict(typed or {})
    response = page.render(
        "claim.html",
        422 if errors or (correction and correction.errors) else 200,
        view=view,
        correction=correction or correction_view(view.claim),
        optimizers=OPTIMIZERS,
        fields=_fields(values, errors or {}),
        errors=errors or {},
        idempotency_key=values.get("idempotency_key") or str(uuid.uuid4()),
        is_teacher=is_teacher(page.reader),
    )
    # A page from the cache would send its old key again.
    response.headers["Cache-Control"] = "no-store"
    return response


def _fields(values: Mapping[str, str], errors: Mapping[str, Sentence]) -> list[Field]:
    form = make_form({"momentum": "0"} | dict(values), errors)
    return [field for field in (*form.main, *form.more) if field.name in SHOWN_FIELDS]
