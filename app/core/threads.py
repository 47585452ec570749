"""Threads as they are read: comments in order, with their authors and with who found them helpful."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.comments import at_place, submission_of
from app.core.shown_names import Shown, shown
from app.core.submissions import Person
from app.core.tables import Comment, Helpful, Submission, User


@dataclass(frozen=True)
class Said:
    """A comment with its author, and how many found it helpful, this reader among them or not."""

    comment: Comment
    author: Shown
    helpful: int = 0
    is_helpful_to_reader: bool = False


def count_comments(session: Session, submission: Submission | None) -> int:
    """How many comments stand at a place, the removed ones left out."""
    statement = select(sa.func.count()).select_from(Comment).where(at_place(submission), col(Comment.removed).is_(None))
    return session.exec(statement).one()


def position_of(session: Session, comment: Comment) -> int:
    """How many comments come before this one at its place, traces included."""
    submission = submission_of(session, comment)
    statement = select(sa.func.count()).select_from(Comment).where(at_place(submission), col(Comment.id) < comment.id)
    return session.exec(statement).one()


def length_of(session: Session, submission: Submission | None) -> int:
    """How many comments and traces of comments are at a place."""
    return session.exec(select(sa.func.count()).select_from(Comment).where(at_place(submission))).one()


def thread(
    session: Session,
    submission: Submission | None,
    reader: Person | None,
    limit: int,
    start: int = 0,
    after: int = 0,
) -> list[Said]:
    """The comments at a place, oldest first, from `start` on; `after`: only those with larger ids."""
    statement = select(Comment).where(at_place(submission), col(Comment.id) > after)
    return with_authors(session, session.exec(statement.order_by(col(Comment.id)).offset(start).limit(limit)), reader)


def with_authors(session: Session, comments: Iterable[Comment], reader: Person | None) -> list[Said]:
    """Comments with their authors and with who found them helpful."""
    comments = list(comments)
    ids = [comment.stored_id for comment in comments]
    people = {comment.user_id for comment in comments}
    authors = {user.id: user for user in session.exec(select(User).where(col(User.id).in_(people)))} if people else {}
    counted = select(Helpful.comment_id, sa.func.count()).where(col(Helpful.comment_id).in_(ids))
    counts: dict[int, int] = dict(session.exec(counted.group_by(col(Helpful.comment_id))).all()) if ids else {}
    own = _helpful_to(session, ids, reader)
    return [
        Said(each, shown(authors[each.user_id]), counts.get(each.stored_id, 0), each.stored_id in own)
        for each in comments
    ]


def _helpful_to(session: Session, ids: Sequence[int], reader: Person | None) -> set[int]:
    if reader is None or not ids:
        return set()
    statement = select(Helpful.comment_id).where(col(Helpful.comment_id).in_(ids), Helpful.user_id == reader.id)
    return set(session.exec(statement))


def latest_on_submissions(
    session: Session, reader: Person | None, limit: int, before: int | None = None
) -> list[tuple[Said, Submission]]:
    """What was said last of submissions that everybody may see, newest first; `before`: only with smaller ids."""
    statement = (
        select(Comment, Submission)
        .join(Submission, col(Submission.id) == col(Comment.submission_id))
        .where(col(Submission.withdrawn).is_(None), col(Submission.hidden).is_(None), col(Comment.removed).is_(None))
        .order_by(col(Comment.id).desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(col(Comment.id) < before)
    rows = list(session.exec(statement))
    said = with_authors(session, [comment for comment, _ in rows], reader)
    return [(each, submission) for each, (_, submission) in zip(said, rows, strict=True)]
