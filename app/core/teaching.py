"""The teacher's lists of students and of what was done, and the class' code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.audit import note
from app.core.board import Board, Placed, find_board
from app.core.entries import Entry
from app.core.joining import the_class
from app.core.seeding import new_join_code
from app.core.tables import Audit, Submission, User

THREE_EPOCHS = "3ep"


@dataclass(frozen=True)
class Student:
    """A member of the class with what they have done. `best`, `best_in_three`: entries that rank."""

    user: User
    submitted: int
    notes_length: int
    last: datetime | None
    best: Placed | None
    best_in_three: Entry | None


def students(session: Session, dataset: str, roles: Sequence[str] = ("student",)) -> list[Student]:
    """Everybody with one of these roles, by name; accounts that were deleted are left out."""
    board = find_board(session, dataset)
    statement = (
        select(User).where(col(User.role).in_(roles), col(User.departed).is_(None)).order_by(User.name, User.handle)
    )
    best = {each.entry.user_id: each for each in reversed(board.ranking()) if each.place.rank is not None}
    three = _best_in_three(board)
    done = _counts(session, dataset)
    return [
        Student(user, *done.get(user.stored_id, (0, 0, None)), best.get(user.stored_id), three.get(user.stored_id))
        for user in session.exec(statement)
    ]


def _best_in_three(board: Board) -> dict[int, Entry]:
    ranked = [entry for entry in board.chosen(THREE_EPOCHS) if entry.is_ranked]
    return {entry.user_id: entry for entry in reversed(ranked)}


def _counts(session: Session, dataset: str) -> dict[int, tuple[int, int, datetime | None]]:
    """Standing submissions of each user: how many, characters of notes in all, and the last."""
    statement = (
        sa.select(
            col(Submission.user_id),
            sa.func.count(),
            sa.func.sum(sa.func.length(col(Submission.notes))),
            sa.func.max(col(Submission.created)),
        )
        .where(col(Submission.dataset) == dataset, col(Submission.withdrawn).is_(None))
        .group_by(col(Submission.user_id))
    )
    rows = session.connection().execute(statement)
    return {user_id: (count, int(length or 0), last) for user_id, count, length, last in rows}


def audit_log(
    session: Session, limit: int, start: int = 0, before: int | None = None
) -> Sequence[tuple[Audit, User | None]]:
    """What was done and by whom, newest first; None stands for the command line. `before`: only with smaller ids."""
    statement = select(Audit, User).join(User, col(User.id) == col(Audit.actor_id), isouter=True)
    if before is not None:
        statement = statement.where(col(Audit.id) < before)
    return list(session.exec(statement.order_by(col(Audit.id).desc()).offset(start).limit(limit)))


def count_audit(session: Session) -> int:
    """How many actions were noted."""
    return session.exec(select(sa.func.count()).select_from(Audit)).one()


def rotate_code(session: Session, actor: User) -> None:
    """Give the class a new code; the old one lets nobody in any more."""
    classroom = the_class(session)
    classroom.join_code = new_join_code()
    session.add(classroom)
    note(session, actor, "class.code", "class")
