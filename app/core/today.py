"""What the class has done in its present day: for the teacher's console."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.class_time import day_bounds
from app.core.jobs import Jobs
from app.core.outcomes import OUTCOMES, Fault, Outcome
from app.core.runs import standings
from app.core.tables import Classroom, Run, Submission


@dataclass(frozen=True)
class Today:
    """Counts since midnight on the class' clock. `failed`: runs by whose fault it was; nobody's were cancelled."""

    submitted: int
    finished: int
    failed: dict[Fault, int]


def count_today(session: Session, jobs: Jobs) -> Today:
    """The counts of now."""
    begins, _ = day_bounds(session.exec(select(Classroom)).one())
    submitted = select(sa.func.count()).select_from(Submission).where(col(Submission.created) >= begins)
    ended = select(Run.outcome, sa.func.count()).where(col(Run.finished) >= begins, col(Run.outcome).is_not(None))
    outcomes = {Outcome(str(outcome)): count for outcome, count in session.exec(ended.group_by(col(Run.outcome)))}
    # What was cancelled or given up has no ending of ours; of those, the ones that were queued today are counted.
    unrecorded = session.exec(select(Run).where(col(Run.outcome).is_(None), col(Run.created) >= begins))
    for found in standings(session, jobs, list(unrecorded)).values():
        if found.outcome is not None:
            outcomes[found.outcome] = outcomes.get(found.outcome, 0) + 1
    finished = outcomes.pop(Outcome.OK, 0)
    failed = dict.fromkeys(Fault, 0)
    for outcome, count in outcomes.items():
        failed[OUTCOMES[outcome].fault] += count
    return Today(session.exec(submitted).one(), finished, failed)
