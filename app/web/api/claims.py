"""Claims: listed, read, run, withdrawn."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.core import claims
from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.jobs import get_jobs
from app.core.sentences import N_, Sentence
from app.core.tables import Claim, User
from app.core.thread.corrections import READERS
from app.web.api.bodies import json_body, problems, read_json
from app.web.api.callers import Caller, Reader
from app.web.api.claim_bodies import ClaimBody, Claims, claim_body
from app.web.api.parts import AskedPart
from app.web.api.submission_bodies import SubmissionBody, describe
from app.web.claims_view import ClaimView, claim_views
from app.web.languages import api_language
from app.web.translations import say
from app.web.uploads import key_errors

router = APIRouter(tags=["claims"])


class Correction(BaseModel):
    """What a post says, where it was misunderstood."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"accuracy": 0.9427, "optimizer": "Adam", "epochs": 5}]})

    accuracy: float | None = Field(default=None, examples=[0.9427], description="as claimed, 0 to 1")
    optimizer: str | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    batch_size: int | None = None
    epochs: int | None = None
    layers: str | None = Field(default=None, examples=["conv 1->10 5x5, ReLU, max pool 2, linear 1440->10"])


class Changes(BaseModel):
    """What to change before a claim is run."""

    recipe: dict[str, Any] = Field(default={}, examples=[{"epochs": 5}], description="fields of GET /recipe")


@router.get("/claims", operation_id="listClaims", summary="What was posted elsewhere", responses=problems(401, 422))
def get_claims(
    request: Request,
    reader: Reader,
    part: AskedPart,
    measured: Annotated[bool | None, Query(description="1: only measured ones; 0: only those not measured.")] = None,
    runnable: Annotated[bool | None, Query(description="1: only those that can be run; 0: only the others.")] = None,
) -> Claims:
    """Public, in the order of import. Claims never rank; teachers see withdrawn ones too."""
    with session_scope() as session:
        views = claim_views(session, claims.list_claims(session, reader))
        unmeasured = claims.count_unmeasured(session)
        rest = [view for view in views if _is_asked(view, measured, runnable) and view.claim.stored_id > part.after]
        rest.sort(key=lambda view: view.claim.stored_id)
        shown, following = part.cut(rest, lambda view: view.claim.stored_id)
        bodies = [claim_body(view, request) for view in shown]
    return Claims(claims=bodies, unmeasured=unmeasured, next=following)


def _is_asked(view: ClaimView, measured: bool | None, runnable: bool | None) -> bool:
    fits_measured = measured is None or measured == (view.measured is not None)
    return fits_measured and (runnable is None or runnable == (view.plan is not None))


@router.get(
    "/claims/{claim_id}",
    operation_id="getClaim",
    summary="One claim with what running it would submit",
    responses=problems(401, 404, 422),
)
def get_claim(claim_id: int, request: Request, reader: Reader) -> ClaimBody:
    """Public. A withdrawn one is there for teachers only."""
    with session_scope() as session:
        return _body(session, claims.find_claim(session, claim_id, reader), request)


def _body(session: Any, claim: Claim, request: Request) -> ClaimBody:
    return claim_body(claim_views(session, [claim])[0], request)


@router.patch(
    "/claims/{claim_id}",
    operation_id="correctClaim",
    summary="Correct what was understood of a claim",
    responses=problems(400, 401, 403, 404, 413, 415, 422),
    openapi_extra=json_body(Correction),
)
async def patch_claim(claim_id: int, request: Request, caller: Caller) -> ClaimBody:
    """For teachers. What is not sent stays, null says that the post does not say it; the text is never changed."""
    claims.require_teacher(caller)
    typed = _typed(await read_json(request))
    return await run_in_threadpool(_correct, claim_id, request, caller, typed)


def _typed(given: dict[str, Any]) -> dict[str, str]:
    """As a form would have it."""
    errors: dict[str, Sentence] = {}
    for name in given.keys() - set(READERS):
        text = N_("There is no field “%(name)s”. The fields are: %(names)s.")
        errors[name[:40]] = Sentence(text, {"name": name[:40], "names": ", ".join(READERS)})
    for name in given.keys() & set(READERS):
        if isinstance(given[name], bool | list | dict):
            text = N_("%(name)s must be a number, a text or null; “%(value)s” was given.")
            errors[name] = Sentence(text, {"name": name, "value": str(given[name])[:40]})
    if errors:
        raise InvalidFields(errors)
    return {name: "" if value is None else _written(name, value) for name, value in given.items()}


def _written(name: str, value: Any) -> str:
    """A share in per cent, so that 0.5 % is not taken for a half; everything else as it is."""
    is_share = name == "accuracy" and isinstance(value, float | int)
    return f"{value * 100:.12g} %" if is_share and 0 <= value <= 1 else str(value)


def _correct(claim_id: int, request: Request, caller: User, typed: dict[str, str]) -> ClaimBody:
    with session_scope() as session:
        claim = claims.find_claim(session, claim_id, caller)
        claims.correct_claim(session, claim, typed, caller)
        return _body(session, claim, request)


@router.delete(
    "/claims/{claim_id}",
    operation_id="withdrawClaim",
    summary="Take a claim off the list",
    responses=problems(401, 403, 404, 422),
)
def delete_claim(claim_id: int, request: Request, caller: Caller) -> ClaimBody:
    """For teachers. Nothing is deleted; importing the thread again does not bring it back."""
    claims.require_teacher(caller)
    with session_scope() as session:
        claim = claims.find_claim(session, claim_id, caller)
        claims.withdraw_claim(session, claim, caller)
        return _body(session, claim, request)


@router.post(
    "/claims/{claim_id}/restore",
    operation_id="restoreClaim",
    summary="Put a withdrawn claim back on the list",
    responses=problems(401, 403, 404, 422),
)
def post_restore(claim_id: int, request: Request, caller: Caller) -> ClaimBody:
    """For teachers."""
    claims.require_teacher(caller)
    with session_scope() as session:
        claim = claims.find_claim(session, claim_id, caller)
        claims.restore_claim(session, claim, caller)
        return _body(session, claim, request)


@router.post(
    "/claims/{claim_id}/submissions",
    operation_id="runClaim",
    summary="Submit the network of a claim in your name",
    status_code=201,
    responses={
        200: {"model": SubmissionBody, "description": "The same key and request again: what they made."},
        **problems(400, 401, 403, 404, 409, 413, 415, 422, 429),
    },
    openapi_extra=json_body(Changes),
)
async def post_submission(
    claim_id: int,
    request: Request,
    response: Response,
    caller: Caller,
    idempotency_key: Annotated[
        str | None, Header(description="1 to 200 visible ASCII characters, e.g. a UUID; the same key submits once.")
    ] = None,
) -> SubmissionBody:
    """Send `{}` for the recipe of `plan`, or what to change in it. 409 says why a claim cannot be run."""
    recipe = _recipe(await read_json(request), idempotency_key)
    body, is_new = await run_in_threadpool(_run, claim_id, request, caller, recipe, idempotency_key)
    response.headers["Location"] = body.links.self
    if not is_new:
        response.status_code = 200
        response.headers["Idempotent-Replay"] = "true"
    return body


def _recipe(given: dict[str, Any], key: str | None) -> dict[str, Any]:
    errors = key_errors(key)
    for name in given.keys() - {"recipe"}:
        text = N_("There is no field “%(name)s”. The fields are: %(names)s.")
        errors[name[:40]] = Sentence(text, {"name": name[:40], "names": "recipe"})
    recipe = given.get("recipe", {})
    if not isinstance(recipe, dict):
        text = N_("%(name)s must be an object: {…}; “%(value)s” was given.")
        errors["recipe"] = Sentence(text, {"name": "recipe", "value": str(recipe)[:40]})
    if errors:
        raise InvalidFields(errors)
    return dict(recipe)


def _run(
    claim_id: int, request: Request, caller: User, recipe: dict[str, Any], key: str | None
) -> tuple[SubmissionBody, bool]:
    language = api_language(request)
    with session_scope() as session:
        claim = claims.find_claim(session, claim_id, caller)
        notes = ClaimView(claim).notes(lambda sentence: say(sentence, language))
        submission, is_new = claims.run_claim(session, get_jobs(), caller, claim, recipe, notes, key)
    with session_scope() as session:
        return describe(session, submission, caller, request), is_new
