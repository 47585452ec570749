"""What the API says of a new evaluation of a submission."""

from datetime import datetime

from fastapi import Request
from pydantic import BaseModel, Field
from sqlmodel import Session

from app.core.jobs import get_jobs
from app.core.reevaluations import figures, find_reevaluation
from app.core.runs import State
from app.core.tables import Result, Submission
from app.web.api.wording import words


class Evaluation(BaseModel):
    """What one evaluation measured."""

    accuracy: float = Field(examples=[0.9838], description="0 to 1, after the last epoch")
    wrong: int = Field(examples=[162])
    test_loss: float


class ReevaluationBody(BaseModel):
    """The newest time that it was evaluated again. `before` stands until `after` is there, and where that fails."""

    run: str
    asked: datetime
    state: State
    outcome: str | None = Field(examples=["ok"])
    message: str | None = Field(description="how it ended, in the language of Accept-Language")
    before: Evaluation | None
    after: Evaluation | None


def reevaluation_body(
    session: Session, submission: Submission, is_close: bool, request: Request
) -> ReevaluationBody | None:
    """None where it was never evaluated again. `is_close`: whether the reader may know exactly what went wrong."""
    found = find_reevaluation(session, get_jobs(), submission)
    if found is None:
        return None
    now = found.standing if is_close else found.standing.for_others()
    return ReevaluationBody(
        run=found.run.id,
        asked=found.run.created,
        state=now.state,
        outcome=now.outcome,
        message=words(request, now.message) if now.message else None,
        before=_evaluation(found.before),
        after=_evaluation(found.after),
    )


def _evaluation(result: Result | None) -> Evaluation | None:
    found = figures(result)
    return Evaluation(**found) if found else None
