"""Who is in the class: the table of people, and what a teacher does with them. Each action is in the audit log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from app.core.audit import note
from app.core.departures import delete_account
from app.core.errors import Conflict
from app.core.joining import the_class
from app.core.outcomes import Outcome
from app.core.quotas import is_charged, used_today
from app.core.sentences import N_, Sentence
from app.core.tables import Run, Submission, User
from app.core.teaching import Student, students

ONESELF = N_("This is your own account. Delete it on your account's page.")
ENDED_WELL = (Outcome.OK, Outcome.CANCELLED)


@dataclass(frozen=True)
class Member:
    """Somebody in the class. `left`: runs left today, None where nobody counts. `failed`: runs without a result."""

    student: Student
    left: int | None
    failed: int

    @property
    def user(self) -> User:
        """The account."""
        return self.student.user

    @property
    def best_accuracy(self) -> float | None:
        """Of the best result that ranks, 0..1."""
        return self.student.best.entry.accuracy if self.student.best else None

    @property
    def best_in_three(self) -> float | None:
        """Of the best one within 3 epochs, 0..1."""
        return self.student.best_in_three.accuracy if self.student.best_in_three else None


def _seen(member: Member) -> datetime | None:
    return member.user.seen


# What the table can be ordered by; who has no value comes last.
SORTS: dict[str, Callable[[Member], Any]] = {
    "name": lambda member: (member.user.name.casefold(), member.user.handle),
    "handle": lambda member: member.user.handle,
    "role": lambda member: member.user.role,
    "joined": lambda member: member.user.created,
    "seen": _seen,
    "best": lambda member: member.best_accuracy,
    "three": lambda member: member.best_in_three,
    "submissions": lambda member: member.student.submitted,
    "left": lambda member: member.left,
    "failed": lambda member: member.failed,
}


def members(session: Session, dataset: str, search: str = "", sort: str = "name") -> list[Member]:
    """Students and teachers whose name or handle holds the search.

    `sort`: a key of `SORTS`, with `-` before it from high to low; by name where it is none of them.
    """
    found = [each for each in _all(session, dataset) if _is_found(each.user, search)]
    key = sort.removeprefix("-")
    value = SORTS.get(key, SORTS["name"])
    known = [each for each in found if value(each) is not None]
    rest = [each for each in found if value(each) is None]
    return sorted(known, key=value, reverse=sort.startswith("-") and key in SORTS) + rest


def _is_found(user: User, search: str) -> bool:
    return all(word in user.name.casefold() or word in user.handle for word in search.casefold().split())


def _all(session: Session, dataset: str) -> Sequence[Member]:
    quota, used, failed = the_class(session).daily_quota, used_today(session), _failed(session, dataset)
    found: list[Member] = []
    for each in students(session, dataset, roles=("student", "teacher")):
        spent, given = used.get(each.user.stored_id, (0, 0))
        left = max(0, quota + given - spent) if is_charged(each.user) else None
        found.append(Member(each, left, failed.get(each.user.stored_id, 0)))
    return found


def _failed(session: Session, dataset: str) -> dict[int, int]:
    """Of each user the runs that ended without a result, repetitions left out."""
    statement = (
        sa.select(col(Submission.user_id), sa.func.count())
        .join(Run, col(Run.submission_id) == col(Submission.id))
        .where(col(Submission.dataset) == dataset, col(Run.seed).is_(None))
        .where(col(Run.outcome).is_not(None), col(Run.outcome).not_in(ENDED_WELL))
        .group_by(col(Submission.user_id))
    )
    return {row[0]: int(row[1]) for row in session.connection().execute(statement)}


def remove(session: Session, teacher: User, user: User) -> None:
    """Take somebody out of the class: their account is deleted, what they submitted stays under no name.

    Raises:
        Conflict: for the teacher's own account, and for the only teacher.
    """
    if user.id == teacher.id:
        raise Conflict(Sentence(ONESELF))
    handle = user.handle
    delete_account(session, user)
    note(session, teacher, "user.remove", f"user {user.stored_id}", {"handle": handle})
