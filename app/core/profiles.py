"""What a profile tells of somebody: their results on the board, and what they gave the discussion."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.accounts import find_user
from app.core.board import Placed, find_board
from app.core.errors import NotFound
from app.core.jobs import Jobs
from app.core.pseudonyms import SIGN
from app.core.runs import Standing, latest_run, standings
from app.core.sentences import N_, Sentence
from app.core.shown_names import shown
from app.core.submissions import Person
from app.core.tables import Comment, Helpful, Submission, User


@dataclass(frozen=True)
class Profile:
    """A user as others see them. `results`: newest first. `others`: what has no place on the board, for self only."""

    user: User
    results: Sequence[Placed]
    best: Placed | None
    others: Sequence[tuple[Submission, Standing]]
    notes: int
    comments: int
    helpful: int


def find_shown(session: Session, handle: str) -> User | None:
    """The user of that handle or pseudonym; nobody, where whoever reads may know them by their pseudonym only."""
    if handle.startswith(SIGN):
        key = handle.removeprefix(SIGN).lower()
        return session.exec(select(User).where(User.pseudonym == key)).first() if key else None
    user = find_user(session, handle)
    return user if user is not None and shown(user).handle == user.handle else None


def find_person(session: Session, handle: str) -> User:
    """As `find_shown`. Raises NotFound, also for those who have left and for the course itself."""
    user = find_shown(session, handle)
    if user is None or user.departed is not None or user.role == "course":
        raise NotFound(Sentence(N_("There is nobody with the handle “%(value)s”."), {"value": handle[:40]}))
    return user


def make_profile(session: Session, jobs: Jobs, user: User, dataset: str, reader: Person | None) -> Profile:
    """The profile of a user, as this reader may see it."""
    board = find_board(session, dataset)
    ranked = [each for each in board.ranking() if each.entry.user_id == user.stored_id and each.entry.is_ranked]
    everything = board.ranking(best=False)
    placed = [each for each in everything if each.entry.user_id == user.stored_id and not each.entry.is_baseline]
    is_close = reader is not None and (reader.id == user.id or reader.role == "teacher")
    on_board = {each.entry.submission_id for each in placed}
    return Profile(
        user=user,
        results=sorted(placed, key=lambda each: each.entry.submitted, reverse=True),
        best=ranked[0] if ranked else None,
        others=_others(session, jobs, user, on_board) if is_close else (),
        notes=sum(each.entry.notes_length > 0 for each in placed),
        comments=_comments(session, user),
        helpful=_helpful(session, user),
    )


def _others(session: Session, jobs: Jobs, user: User, on_board: set[str]) -> list[tuple[Submission, Standing]]:
    statement = select(Submission).where(Submission.user_id == user.stored_id, col(Submission.withdrawn).is_(None))
    rest = [each for each in session.exec(statement.order_by(col(Submission.number).desc())) if each.id not in on_board]
    runs = {each.id: latest_run(session, each) for each in rest}
    states = standings(session, jobs, list(runs.values()))
    return [(each, states[runs[each.id].id]) for each in rest if not each.is_baseline]


def _said_by(user: User) -> tuple[sa.ColumnElement[bool], ...]:
    return col(Comment.user_id) == user.stored_id, col(Comment.removed).is_(None)


def _comments(session: Session, user: User) -> int:
    statement = sa.select(sa.func.count()).select_from(Comment).where(*_said_by(user))
    return session.connection().execute(statement).scalar_one()


def _helpful(session: Session, user: User) -> int:
    """How often others found helpful what this user said."""
    counted = sa.select(sa.func.count()).select_from(Helpful)
    statement = counted.join(Comment, col(Comment.id) == col(Helpful.comment_id)).where(*_said_by(user))
    return session.connection().execute(statement).scalar_one()
