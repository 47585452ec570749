"""Quick checks: a look at files before they are submitted."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app.core.errors import NotReady
from app.core.outcomes import OUTCOMES, Outcome
from app.core.sentences import Sentence
from app.core.tables import QuickCheck
from app.web.api.bodies import problems
from app.web.api.callers import Caller
from app.web.api.sent_requests import read_request, request_body
from app.web.api.wording import words
from app.web.checking import check_now
from app.web.report_view import warnings_of

router = APIRouter(tags=["checks"])


class CheckBody(BaseModel):
    """What a worker says of the files. They can be submitted with `check_id` instead of being sent again."""

    id: str = Field(description="kept for a day, for its owner: send it as check_id")
    outcome: str = Field(examples=["ok"], description="ok, or what a run of these files would end with")
    message: str | None = Field(description="what is wrong, in the language of Accept-Language")
    what_to_do: str | None
    detail: str | None = Field(description="the traceback in the uploaded file")
    warnings: list[str] = Field(description="what works but may not be meant, in the language of Accept-Language")
    report: dict[str, Any] | None = Field(
        description="format, classes, class_name, arguments, suggestions, parameters, flops, layers, input, output, "
        "normalize, forward_ms, weights_format, missing, warnings"
    )


@router.post(
    "/checks",
    operation_id="createCheck",
    summary="Check files before submitting them",
    responses=problems(400, 401, 403, 413, 415, 422, 503),
    openapi_extra=request_body(),
)
async def post_check(request: Request, caller: Caller) -> CheckBody:
    """The fields of POST /submissions. A worker builds the network in the sandbox, at most 5 s; nothing is queued."""
    asked = await read_request(request, None, caller)
    answer = await check_now(caller, replace(asked, idempotency_key=None))
    if answer.silence is not None:
        raise NotReady(answer.silence)
    return _body(request, answer.check)


def _body(request: Request, found: QuickCheck) -> CheckBody:
    outcome = Outcome(str(found.outcome))
    advice = OUTCOMES[outcome].what_to_do if outcome is not Outcome.OK else ""
    return CheckBody(
        id=found.id,
        outcome=outcome,
        message=words(request, Sentence.from_json(found.message)) if found.message else None,
        what_to_do=words(request, advice) or None,
        detail=found.detail,
        warnings=[words(request, warning) for warning in warnings_of(found.report or {})],
        report=found.report,
    )
