"""Other seeds of a submission: asked for, and what they say together."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from app.core import submissions
from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.jobs import get_jobs
from app.core.repetitions import SEEDS_MAXIMUM, WRONG_COUNT, SeedRun, request_repetitions, seed_runs, spread
from app.core.runs import State
from app.core.sentences import Sentence
from app.core.submissions import find_visible, is_close
from app.core.tables import Submission, User
from app.web.api.bodies import json_body, problems
from app.web.api.callers import Caller, Reader
from app.web.api.shapes import read_known
from app.web.api.wording import words

router = APIRouter(tags=["submissions"])


class WantedSeeds(BaseModel):
    """How many seeds are wanted in all, the recipe's own one included."""

    seeds: int = Field(ge=1, le=SEEDS_MAXIMUM, examples=[3])


class SeedBody(BaseModel):
    """The newest run of one seed. The numbers are null until it is measured."""

    seed: int = Field(examples=[1])
    run: str = Field(description="id of the run")
    state: State
    outcome: str | None
    message: str | None = Field(description="what went wrong, in the language of Accept-Language")
    correct: int | None
    wrong: int | None
    total: int | None
    accuracy: float | None = Field(examples=[0.9838])
    test_loss: float | None
    predictions_url: str | None


class SeedsBody(BaseModel):
    """All seeds, the recipe's own first. The deviations are sample standard deviations, null for fewer than two."""

    seeds: list[SeedBody]
    mean_wrong: float | None = Field(examples=[161.3])
    mean_accuracy: float | None = Field(examples=[0.98387])
    deviation_wrong: float | None = Field(examples=[6.8])
    deviation_accuracy: float | None = Field(examples=[0.00068])


@router.get(
    "/submissions/{number}/seeds",
    operation_id="listSeeds",
    summary="The seeds that a submission was trained with",
    responses=problems(401, 404, 422),
)
def get_seeds(number: int, request: Request, reader: Reader) -> SeedsBody:
    """Public. The board ranks the mean of those that have a result."""
    with session_scope() as session:
        return _body(session, find_visible(session, number, reader), reader, request)


@router.post(
    "/submissions/{number}/seeds",
    operation_id="requestSeeds",
    summary="Have a submission trained with more seeds",
    status_code=202,
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422, 429),
    openapi_extra=json_body(WantedSeeds),
)
async def post_seeds(number: int, request: Request, caller: Caller) -> SeedsBody:
    """For its author and the teacher. Asking again queues only what is missing or has failed."""
    count = _parse_count(await read_known(request, WantedSeeds))
    return await run_in_threadpool(_ask, number, count, request, caller)


def _parse_count(given: dict[str, object]) -> int:
    count = given.get("seeds")
    if isinstance(count, bool) or not isinstance(count, int):
        values = {"maximum": SEEDS_MAXIMUM, "value": str(count)[:40]}
        raise InvalidFields({"seeds": Sentence(WRONG_COUNT, values)})
    return count


def _ask(number: int, count: int, request: Request, caller: User) -> SeedsBody:
    with session_scope() as session:
        find_visible(session, number, caller)
        request_repetitions(session, get_jobs(), submissions.find_own(session, number, caller), count, caller)
    with session_scope() as session:
        return _body(session, submissions.find(session, number), caller, request)


def _body(session: Session, submission: Submission, reader: User | None, request: Request) -> SeedsBody:
    runs = seed_runs(session, get_jobs(), submission)
    found, close = spread(runs), is_close(submission, reader)
    deviation = found.deviation if found else None
    return SeedsBody(
        seeds=[_seed(each, submission, request, close) for each in runs],
        mean_wrong=found.mean if found else None,
        mean_accuracy=1 - found.mean / found.total if found else None,
        deviation_wrong=deviation,
        deviation_accuracy=deviation / found.total if found and deviation is not None else None,
    )


def _seed(each: SeedRun, submission: Submission, request: Request, is_shown: bool) -> SeedBody:
    result = each.result
    now = each.standing if is_shown else each.standing.for_others()
    url = f"/api/v1/submissions/{submission.number}/predictions"
    return SeedBody(
        seed=each.seed,
        run=each.run.id,
        state=now.state,
        outcome=now.outcome,
        message=words(request, now.message) if now.message else None,
        correct=result.correct if result else None,
        wrong=result.total - result.correct if result else None,
        total=result.total if result else None,
        accuracy=result.correct / result.total if result else None,
        test_loss=result.test_loss if result else None,
        predictions_url=(url if each.run.seed is None else f"{url}?seed={each.seed}") if result else None,
    )
