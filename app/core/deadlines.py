"""When the class is open. What comes before or after is measured and shown, and takes no rank."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.class_time import in_class_time
from app.core.sentences import N_, Sentence
from app.core.tables import Classroom, Submission, now

NOT_YET = N_("Results rank from %(when)s on. What is submitted before is measured and shown, without a rank.")
UNTIL = N_("Submissions rank until %(when)s.")
OVER = N_("The ranking closed at %(when)s. What is submitted now is measured and shown, without a rank.")


def outside_class_time() -> sa.ColumnElement[bool]:
    """Whether a submission came before its class opened or after it closed; NULL counts as no."""
    return sa.or_(col(Submission.created) < col(Classroom.opens), col(Submission.created) >= col(Classroom.closes))


def is_late(session: Session, submission: Submission) -> bool:
    """Whether a submission came outside its class' time, so that it takes no rank."""
    classroom = session.get_one(Classroom, submission.classroom_id)
    is_early = classroom.opens is not None and submission.created < classroom.opens
    return is_early or (classroom.closes is not None and submission.created >= classroom.closes)


def is_frozen(session: Session, submission: Submission) -> bool:
    """Whether a submission ranks in a class that has closed: nothing new may change its score any more."""
    closes = session.get_one(Classroom, submission.classroom_id).closes
    is_ranked = not submission.is_baseline and not is_late(session, submission)
    return is_ranked and closes is not None and now() >= closes


@dataclass(frozen=True)
class Deadline:
    """The next bound of the class' time, or the last one behind. `ahead_s`: seconds until it; None once it is over."""

    sentence: Sentence
    ahead_s: float | None


def find_deadline(session: Session, at: datetime | None = None) -> Deadline | None:
    """The bound that matters now; None where the class has none that does."""
    classroom = session.exec(select(Classroom)).one()
    moment = at or now()
    if classroom.opens is not None and moment < classroom.opens:
        return _deadline(NOT_YET, classroom.opens, classroom, moment)
    if classroom.closes is None:
        return None
    return _deadline(UNTIL if moment < classroom.closes else OVER, classroom.closes, classroom, moment)


def _deadline(text: str, bound: datetime, classroom: Classroom, moment: datetime) -> Deadline:
    ahead_s = (bound - moment).total_seconds()
    return Deadline(Sentence(text, {"when": in_class_time(bound, classroom)}), ahead_s if ahead_s > 0 else None)


def deadline_sentence(session: Session, at: datetime | None = None) -> Sentence | None:
    """What everybody should know of the class' time now; None where it has no bounds that matter."""
    found = find_deadline(session, at)
    return found.sentence if found else None
