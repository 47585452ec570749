"""How often the test set was looked at, and what luck alone gives to the best of many equal models.

Every test counts, after every epoch: whoever sees an accuracy can choose by it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import sqlalchemy as sa
from scipy import stats
from sqlmodel import Session, col, select

from app.core.outcomes import Outcome
from app.core.tables import Event, Run, Submission


@dataclass(frozen=True)
class Looks:
    """Tests spent on this test set: by one student, and by the whole class with them. Baselines do not count."""

    student: int
    everybody: int


def count_looks(session: Session, dataset: str, user_id: int) -> Looks:
    """All tests of all runs so far, of failed and withdrawn ones too.

    A run that ended well has tested after every epoch of its recipe: results, which are large, need not be read for it.
    Others have shown the accuracies of their first epochs all the same: their events are counted.
    """
    runs = sa.join(Run, Submission, col(Submission.id) == col(Run.submission_id))
    ours = (
        col(Submission.dataset) == dataset,
        col(Submission.is_baseline).is_(False),
        col(Run.reevaluated_by).is_(None),  # nobody looked again in order to choose
    )
    is_ok = sa.func.coalesce(col(Run.outcome), "") == Outcome.OK
    tests = sa.case((col(Submission.kind) == "train", col(Submission.recipe)["epochs"].as_integer()), else_=1)
    broken = sa.join(runs, Event, col(Event.run_id) == col(Run.id))
    user: sa.Label[int] = col(Submission.user_id).label("user_id")
    spent = sa.union_all(
        sa.select(user, tests.label("looks")).select_from(runs).where(*ours, is_ok),
        sa.select(user, sa.literal(1)).select_from(broken).where(*ours, ~is_ok, col(Event.kind) == "epoch"),
    ).subquery()
    mine = sa.case((spent.c.user_id == user_id, spent.c.looks), else_=0)
    student, everybody = session.exec(select(sa.func.sum(mine), sa.func.sum(spent.c.looks))).one()
    return Looks(int(student or 0), int(everybody or 0))


@lru_cache(maxsize=1000)
def best_of_equals(accuracy: float, total: int, models: int) -> float:
    """The accuracy that the best of `models` models shows on average if each truly reads that share right, 0..1.

    The expected maximum of independent binomials: the sum over k of 1 − F(k)^n, with F the distribution of one (David
    and Nagaraja (2003), Order statistics, 3.1). Real models err on the same images, which leaves less room for luck.
    """
    counts = np.arange(total)
    below_all = np.exp(models * stats.binom.logcdf(counts, total, accuracy))
    return float((1.0 - below_all).sum() / total)
