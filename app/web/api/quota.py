"""What is left of my quota, and the ledger behind it."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.quotas import LedgerLine, find_allowance, ledger, ledger_length
from app.web.api.bodies import problems
from app.web.api.callers import Caller
from app.web.api.parts import AskedMoments, position_at
from app.web.quota_headers import quota_headers

router = APIRouter(prefix="/me", tags=["people"])


class ChargedRun(BaseModel):
    """A run that counted from the moment it was accepted."""

    run: str
    submission: int = Field(examples=[12])
    title: str
    seed: int | None = Field(description="of a repetition with another seed")
    charged: datetime
    refunded: datetime | None = Field(description="when it was given back")
    reason: str = Field(examples=["internal"], description="why it was given back: an outcome, or empty")


class Quota(BaseModel):
    """What I may still start today, and my charged runs, newest first."""

    quota: int | None = Field(examples=[20], description="runs of a day; null: nobody counts")
    bonus: int = Field(examples=[0], description="runs of the quota that a teacher gave on top, for today")
    used: int
    left: int | None
    resets: datetime = Field(description="when the next ones come: midnight of the class")
    runs: list[ChargedRun]
    total: int = Field(description="how many runs were ever charged")
    next: str | None = Field(description="address of the part that follows; null at the end")


@router.get(
    "/quota", operation_id="getQuota", summary="What I may still start today", responses=problems(401, 403, 422)
)
def get_quota(
    response: Response,
    caller: Caller,
    part: AskedMoments,
) -> Quota:
    """With the ledger behind it: runs that failed on our side, or never started, are given back."""
    with session_scope() as session:
        allowance = find_allowance(session, get_jobs(), caller)
        total = ledger_length(session, caller)
        found = ledger(session, caller, part.limit + 1, before=part.moment)
    lines, following = part.cut(found, lambda line: position_at(line.charge.created))
    response.headers.update(quota_headers(allowance))
    return Quota(
        quota=allowance.quota,
        bonus=allowance.bonus,
        used=allowance.used,
        left=allowance.left,
        resets=allowance.resets,
        runs=[_body(line) for line in lines],
        total=total,
        next=following,
    )


def _body(line: LedgerLine) -> ChargedRun:
    return ChargedRun(
        run=line.run.id,
        submission=line.submission.number or 0,
        title=line.submission.title,
        seed=line.run.seed,
        charged=line.charge.created,
        refunded=line.charge.refunded,
        reason=line.charge.reason,
    )
