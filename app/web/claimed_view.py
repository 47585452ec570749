"""What the author of a submission, or the post that it rebuilds, says that it reads right: beside what was measured."""

from dataclasses import dataclass

from sqlmodel import Session

from app.core.ranking import interval
from app.core.tables import Claim, Result, Submission
from app.web.claims_view import CLAIMED_DATASET, UNKNOWN_AUTHOR, difference


@dataclass(frozen=True)
class Claimed:
    """A claimed accuracy, 0..1. `low` and `high`: the interval of the measured one, None while there is none."""

    accuracy: float
    measured: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None
    claim_id: int | None = None
    author: str = ""
    is_comparable: bool = True

    @property
    def is_inside(self) -> bool:
        """Whether the claim lies in the interval of what was measured."""
        return self.low is not None and self.high is not None and self.low <= self.accuracy <= self.high


def claimed_of(session: Session, submission: Submission, result: Result | None) -> Claimed | None:
    """What is claimed of a submission, if anything is."""
    if submission.claimed_accuracy is None:
        return None
    claim = session.get(Claim, submission.claim_id) if submission.claim_id is not None else None
    is_shown = claim is not None and claim.withdrawn is None
    measured = result.correct / result.total if result else None
    low, high = interval(result.correct, result.total) if result else (None, None)
    return Claimed(
        submission.claimed_accuracy,
        measured,
        difference(submission.claimed_accuracy, measured, submission.dataset),
        low,
        high,
        claim.id if claim and is_shown else None,
        (claim.author or UNKNOWN_AUTHOR) if claim and is_shown else "",
        submission.dataset == CLAIMED_DATASET,
    )
