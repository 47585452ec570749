"""What a teacher does with submissions, one or many at once. All of it is written down, and can be undone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from app.core import submissions
from app.core.audit import note
from app.core.errors import Conflict, NotFound
from app.core.jobs import Jobs
from app.core.quotas import settle
from app.core.reevaluations import reevaluate
from app.core.runs import ENDED, standings
from app.core.sentences import N_, Sentence
from app.core.submissions import unfinished_runs
from app.core.tables import Audit, Run, Submission, User, now

# Few enough for the oldest SQLite, which takes 999 values in one statement.
ROWS_AT_ONCE = 500
UNKNOWN_ACTION = N_("“%(value)s” cannot be done with a submission. Choose one of: %(choices)s.")
NOTHING_TO_CHANGE = N_("In submission #%(number)s there was nothing to change.")
NO_SUBMISSION = N_("There is no submission #%(number)s.")
NOTHING_TO_UNDO = N_("There is no action #%(number)s that could be undone.")


@dataclass(frozen=True)
class Done:
    """What came of an action: the submissions that it changed, and by number why others stayed as they were.

    `audit_id`: where it is written down; None where nothing changed.
    """

    action: str
    changed: Sequence[int] = ()
    left_out: dict[int, Sentence] = field(default_factory=dict)
    audit_id: int | None = None

    @property
    def undo_id(self) -> int | None:
        """By which number it can be undone, if it can."""
        return self.audit_id if f"submission.{self.action}" in OPPOSITES else None


# What an action did: the submissions that it changed, why others were left out, and more for the audit log.
Effect = tuple[list[Submission], dict[int, Sentence], dict[str, Any]]


def act_on(session: Session, jobs: Jobs, actor: User, chosen: Sequence[Submission], action: str) -> Done:
    """Do one of `ACTIONS` with submissions. What cannot be done with one of them leaves that one out.

    Raises:
        NotFound: for another word.
    """
    if action not in ACTIONS:
        values = {"value": action[:40], "choices": ", ".join(ACTIONS)}
        raise NotFound(Sentence(UNKNOWN_ACTION, values))
    changed, left_out, detail = ACTIONS[action](session, jobs, actor, chosen)
    return _done(session, actor, action, changed, left_out, detail)


def act_on_one(session: Session, jobs: Jobs, actor: User, number: int, action: str) -> Done:
    """The same with one. Hiding what is hidden is no error, running again what cannot run again is.

    Raises:
        NotFound: also for an unknown number.
        Conflict: when there is nothing to run.
    """
    done = act_on(session, jobs, actor, [submissions.find(session, number)], action)
    if number in done.left_out and action in ("retry", "reevaluate"):
        raise Conflict(done.left_out[number])
    return done


def _done(
    session: Session,
    actor: User,
    action: str,
    changed: Iterable[Submission],
    left_out: dict[int, Sentence],
    detail: dict[str, Any],
) -> Done:
    numbers = sorted(submission.number or 0 for submission in changed)
    if not numbers:
        return Done(action, numbers, left_out)
    word = "submission" if len(numbers) == 1 else "submissions"
    subject = f"{word} {', '.join(map(str, numbers))}"
    row = note(session, actor, f"submission.{action}", subject, {"numbers": numbers} | detail)
    session.flush()
    return Done(action, numbers, left_out, row.id)


def _unchanged(chosen: Sequence[Submission], changed: Sequence[Submission]) -> dict[int, Sentence]:
    kept = {each.id for each in changed}
    numbers = [each.number or 0 for each in chosen if each.id not in kept]
    return {number: Sentence(NOTHING_TO_CHANGE, {"number": number}) for number in numbers}


def _hide(session: Session, jobs: Jobs, actor: User, chosen: Sequence[Submission]) -> Effect:
    """Out of sight; authors and teachers see them all the same."""
    return _set(session, "hidden", True, chosen)


def _show(session: Session, jobs: Jobs, actor: User, chosen: Sequence[Submission]) -> Effect:
    return _set(session, "hidden", False, chosen)


def _restore(session: Session, jobs: Jobs, actor: User, chosen: Sequence[Submission]) -> Effect:
    """Whoever withdrew them; runs that were cancelled stay cancelled."""
    return _set(session, "withdrawn", False, chosen)


def _set(session: Session, name: str, is_set: bool, chosen: Sequence[Submission]) -> Effect:
    changed = [each for each in chosen if (getattr(each, name) is not None) != is_set]
    for submission in changed:
        setattr(submission, name, now() if is_set else None)
    session.add_all(changed)
    return changed, _unchanged(chosen, changed), {}


def _withdraw(session: Session, jobs: Jobs, actor: User, chosen: Sequence[Submission]) -> Effect:
    """As their authors would: off the board, and what runs or waits is cancelled."""
    standing = [each for each in chosen if each.withdrawn is None]
    # The engine has a connection of its own, and SQLite one writer: first it, then we.
    for run_id in unfinished_runs(session, jobs, standing):
        jobs.cancel(run_id)
    effect = _set(session, "withdrawn", True, chosen)
    for user_id in sorted({each.user_id for each in standing}):
        settle(session, jobs, session.get_one(User, user_id))
    return effect


def _retry(session: Session, jobs: Jobs, actor: User, chosen: Sequence[Submission]) -> Effect:
    """Run again what ended without a result, at nobody's cost."""
    changed: list[Submission] = []
    left_out: dict[int, Sentence] = {}
    runs: list[str] = []
    for submission in chosen:
        try:
            runs.append(submissions.retry(session, jobs, submission, actor).id)
            changed.append(submission)
        except Conflict as error:
            left_out[submission.number or 0] = error.sentence
    return changed, left_out, {"runs": runs}


def _reevaluate(session: Session, jobs: Jobs, actor: User, chosen: Sequence[Submission]) -> Effect:
    """Run again what has a result, which stands until the new one is there."""
    runs, left_out = reevaluate(session, jobs, actor, chosen)
    ids = {run.submission_id for run in runs}
    return [each for each in chosen if each.id in ids], left_out, {"runs": [run.id for run in runs]}


ACTIONS: dict[str, Callable[[Session, Jobs, User, Sequence[Submission]], Effect]] = {
    "hide": _hide,
    "show": _show,
    "withdraw": _withdraw,
    "restore": _restore,
    "retry": _retry,
    "reevaluate": _reevaluate,
}
# Off the board, or hours of other people's waiting: the teacher is asked first.
ASKED_FIRST = ("withdraw", "retry", "reevaluate")
STOP = "stop"
OPPOSITES = {
    "submission.hide": "show",
    "submission.show": "hide",
    "submission.withdraw": "restore",
    "submission.restore": "withdraw",
    "submission.retry": STOP,
    "submission.reevaluate": STOP,
}


def can_undo(row: Audit) -> bool:
    """Whether this action can be undone."""
    return row.action in OPPOSITES and "numbers" in row.detail


def undo(session: Session, jobs: Jobs, actor: User, audit_id: int) -> Done:
    """Do the opposite of what is written down there, with the same submissions. Raises NotFound."""
    row = session.get(Audit, audit_id) if 0 < audit_id < 2**31 else None
    if row is None or not can_undo(row):
        raise NotFound(Sentence(NOTHING_TO_UNDO, {"number": audit_id}))
    chosen, _ = find_all(session, row.detail["numbers"])
    opposite = OPPOSITES[row.action]
    if opposite == STOP:
        return _stop(session, jobs, actor, chosen, row.detail["runs"])
    return act_on(session, jobs, actor, chosen, opposite)


def _stop(session: Session, jobs: Jobs, actor: User, chosen: Sequence[Submission], run_ids: Sequence[str]) -> Done:
    """Cancel those of these runs that have not ended."""
    parts = [run_ids[start : start + ROWS_AT_ONCE] for start in range(0, len(run_ids), ROWS_AT_ONCE)]
    runs = [run for part in parts for run in session.exec(select(Run).where(col(Run.id).in_(part)))]
    states = standings(session, jobs, runs)
    stopped = [run for run in runs if states[run.id].state not in ENDED]
    for run in stopped:
        jobs.cancel(run.id)
    ids = {run.submission_id for run in stopped}
    changed = [each for each in chosen if each.id in ids]
    return _done(session, actor, STOP, changed, _unchanged(chosen, changed), {"runs": [run.id for run in stopped]})


def find_all(session: Session, numbers: Sequence[int]) -> tuple[list[Submission], dict[int, Sentence]]:
    """The submissions of these numbers, and why others are left out: there are none."""
    wanted = sorted({number for number in numbers if 0 < number < 2**31})
    found: list[Submission] = []
    for start in range(0, len(wanted), ROWS_AT_ONCE):
        chosen = col(Submission.number).in_(wanted[start : start + ROWS_AT_ONCE])
        found += session.exec(select(Submission).where(chosen).order_by(col(Submission.number)))
    missing = set(numbers) - {each.number for each in found}
    return found, {number: Sentence(NO_SUBMISSION, {"number": number}) for number in sorted(missing)}
