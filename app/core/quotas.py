"""How many runs a student may start in a day: counted, charged and given back. The ledger is the table `charge`.

The teacher and the course start as many as they like. A day is the class' own, from midnight to midnight there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.audit import note
from app.core.class_time import day_bounds, in_class_time
from app.core.errors import Conflict, InvalidFields, NoRunsLeft
from app.core.jobs import EngineState, Jobs
from app.core.outcomes import OUTCOMES, Fault, Outcome
from app.core.sentences import N_, Sentence
from app.core.tables import Bonus, Charge, Classroom, Run, Submission, User, now

CHARGED_ROLE = "student"
# More than anybody can train in a day, and little enough for a slip of the finger.
BONUS_MAXIMUM = 100
ALL_USED = N_("You have used today's %(quota)s runs. The next ones come at %(when)s.")
TOO_FEW = N_("This needs %(needed)s runs, and %(left)s of today's %(quota)s are left. The next ones come at %(when)s.")


@dataclass(frozen=True)
class Allowance:
    """What somebody may still start today. `quota`: None for those who are free. `resets`: when the next ones come.

    `bonus`: runs of the quota that a teacher gave on top, for today.
    """

    quota: int | None
    used: int
    resets: datetime
    when: str
    bonus: int = 0

    @property
    def left(self) -> int | None:
        """Runs that may still be started today; None where nobody counts."""
        return None if self.quota is None else max(0, self.quota - self.used)

    @property
    def resets_in_s(self) -> int:
        """Whole seconds until the next ones come, at least 1."""
        return max(1, ceil((self.resets - now()).total_seconds()))


@dataclass(frozen=True)
class LedgerLine:
    """A run that was charged, with the submission that it belongs to."""

    charge: Charge
    run: Run
    submission: Submission


def is_charged(user: User) -> bool:
    """Whether this user's runs are counted."""
    return user.role == CHARGED_ROLE


def find_allowance(session: Session, jobs: Jobs, user: User) -> Allowance:
    """What this user may still start today, after all that is to be given back was given back."""
    classroom = session.exec(select(Classroom)).one()
    begins, ends = day_bounds(classroom)
    when = in_class_time(ends, classroom)
    if not is_charged(user):
        return Allowance(None, 0, ends, when)
    settle(session, jobs, user)
    counted = (Charge.user_id == user.id, col(Charge.created) >= begins, col(Charge.refunded).is_(None))
    used = session.exec(select(sa.func.count()).select_from(Charge).where(*counted)).one()
    given = (Bonus.user_id == user.id, col(Bonus.created) >= begins)
    bonus = session.exec(select(sa.func.coalesce(sa.func.sum(Bonus.runs), 0)).where(*given)).one()
    return Allowance(classroom.daily_quota + bonus, used, ends, when, bonus)


def used_today(session: Session) -> dict[int, tuple[int, int]]:
    """Of everybody who has started runs or was given some today: how many are counted, and how many were given."""
    begins, _ = day_bounds(session.exec(select(Classroom)).one())
    is_counted = (col(Charge.created) >= begins) & col(Charge.refunded).is_(None)
    spent = sa.select(col(Charge.user_id), sa.func.count()).where(is_counted).group_by(col(Charge.user_id))
    given = sa.select(col(Bonus.user_id), sa.func.sum(Bonus.runs)).where(col(Bonus.created) >= begins)
    counts = {row[0]: int(row[1]) for row in session.connection().execute(spent)}
    sums = {row[0]: int(row[1]) for row in session.connection().execute(given.group_by(col(Bonus.user_id)))}
    return {user_id: (counts.get(user_id, 0), sums.get(user_id, 0)) for user_id in counts.keys() | sums.keys()}


def give_runs(session: Session, teacher: User | None, user: User, runs: int) -> Bonus:
    """Give a student more runs for the class' present day. `teacher`: None for the command line.

    Raises:
        InvalidFields: for none, or more than anybody needs.
        Conflict: for those whose runs nobody counts.
    """
    if not 1 <= runs <= BONUS_MAXIMUM:
        text = N_("runs must be a whole number from %(low)s to %(high)s; “%(value)s” was given.")
        raise InvalidFields({"runs": Sentence(text, {"low": 1, "high": BONUS_MAXIMUM, "value": str(runs)[:40]})})
    if not is_charged(user):
        text = N_("The runs of %(handle)s are not counted, so none can be added.")
        raise Conflict(Sentence(text, {"handle": user.handle}))
    bonus = Bonus(user_id=user.stored_id, given_by=teacher.stored_id if teacher else None, runs=runs)
    session.add(bonus)
    note(session, teacher, "user.bonus", f"user {user.handle}", {"runs": runs})
    return bonus


def bonuses(session: Session, user: User, limit: int) -> list[Bonus]:
    """Runs that were given to this user on top, the newest first."""
    statement = select(Bonus).where(Bonus.user_id == user.stored_id).order_by(col(Bonus.id).desc())
    return list(session.exec(statement.limit(limit)))


def require_runs(session: Session, jobs: Jobs, user: User, needed: int = 1) -> None:
    """Raise NoRunsLeft unless this user may start so many runs now.

    The caller holds this user's turn (`submissions.serialize_writers`), so that of many requests at once no more get
    through than there are runs left.
    """
    allowance = find_allowance(session, jobs, user)
    if allowance.quota is None or allowance.left is None or allowance.left >= needed:
        return
    values = {"quota": allowance.quota, "when": allowance.when, "left": allowance.left, "needed": needed}
    sentence = Sentence(ALL_USED if allowance.left == 0 else TOO_FEW, values)
    raise NoRunsLeft(sentence, allowance.resets_in_s, allowance.quota, allowance.left)


def charge(session: Session, user: User, run: Run) -> None:
    """Count a run that has been queued in this transaction."""
    if is_charged(user):
        session.add(Charge(run_id=run.id, user_id=user.stored_id))
        session.flush()


def refund_ours(session: Session, run: Run) -> None:
    """Give a run back whose ending, just recorded, was not its author's fault."""
    if run.outcome is not None and OUTCOMES[Outcome(run.outcome)].fault is Fault.OURS:
        _refund(session, [run.id], run.outcome)


def refund_stopped(session: Session, run: Run) -> None:
    """Give a run back that a teacher has stopped: its author wanted it."""
    _refund(session, [run.id], Outcome.CANCELLED)


def settle(session: Session, jobs: Jobs, user: User) -> None:
    """Give back what ended in the engine alone: cancelled before it started, or failed on our side."""
    statement = (
        select(Run)
        .join(Charge, col(Charge.run_id) == col(Run.id))
        .where(Charge.user_id == user.id, col(Charge.refunded).is_(None), col(Run.outcome).is_(None))
    )
    runs = list(session.exec(statement))
    states = jobs.states([run.id for run in runs])
    unstarted = [run.id for run in runs if states.get(run.id) is EngineState.CANCELLED and run.started is None]
    # A run that was queued a moment ago in this transaction is not there for the engine's own connection yet.
    failed = [run.id for run in runs if states.get(run.id) is EngineState.FAILED]
    _refund(session, unstarted, Outcome.CANCELLED)
    _refund(session, failed, Outcome.INTERNAL)


def _refund(session: Session, run_ids: Collection[str], reason: str) -> None:
    """Once: what was given back stays as it is."""
    if run_ids:
        is_open = col(Charge.run_id).in_(run_ids) & col(Charge.refunded).is_(None)
        values = {"refunded": now(), "reason": str(reason)}
        session.connection().execute(sa.update(Charge).where(is_open).values(**values))


def ledger(
    session: Session, user: User, limit: int, start: int = 0, before: datetime | None = None
) -> Sequence[LedgerLine]:
    """This user's charged runs, the newest first; `before`: only those charged before that moment."""
    statement = (
        select(Charge, Run, Submission)
        .join(Run, col(Run.id) == col(Charge.run_id))
        .join(Submission, col(Submission.id) == col(Run.submission_id))
        .where(Charge.user_id == user.id)
        .order_by(col(Charge.created).desc(), col(Charge.run_id).desc())
    )
    if before is not None:
        statement = statement.where(col(Charge.created) < before)
    return [LedgerLine(*row) for row in session.exec(statement.offset(start).limit(limit))]


def ledger_length(session: Session, user: User) -> int:
    """How many runs of this user were ever charged."""
    return session.exec(select(sa.func.count()).select_from(Charge).where(Charge.user_id == user.id)).one()
