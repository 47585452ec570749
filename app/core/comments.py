"""The discussion: comments on a submission, and the thread of the whole board. Removed comments leave a trace."""

import math
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core import audit
from app.core.errors import Conflict, InvalidFields, NotAllowed, NotFound, TooMany
from app.core.notifications import COMMENT, MENTION, tell
from app.core.references import people_called, references_in, without_handles
from app.core.sentences import N_, Sentence
from app.core.submissions import Person, find_visible, serialize_writers
from app.core.tables import Comment, Helpful, Submission, User, now

TEXT_MAXIMUM = 10_000
EDIT_WINDOW = timedelta(minutes=15)
# A button pressed twice, or a form that was sent again because the first answer got lost.
REPEATED_WITHIN = timedelta(minutes=1)
# Nobody has so much to say in ten minutes, but a program has.
COMMENTS_MAXIMUM = 30
COMMENTS_WITHIN = timedelta(minutes=10)
# Who calls the whole class by name does not mean anybody.
MENTIONS_MAXIMUM = 20
NO_COMMENT = N_("There is no comment #%(number)s.")


def add_comment(session: Session, user: User, submission: Submission | None, text: str) -> Comment:
    """Say something of a submission, or of the whole board, and let those know whom it concerns.

    The same text at the same place within a minute is the same comment.

    Raises:
        InvalidFields: for an empty or too long text.
        TooMany: after thirty comments within ten minutes.
    """
    text = check_text(without_handles(session, text) if user.role == "teacher" else text)
    serialize_writers(session, user.stored_id)
    if repeated := _repeated(session, user, submission, text):
        return repeated
    _check_pace(session, user)
    comment = Comment(submission_id=submission.id if submission else None, user_id=user.stored_id, text=text)
    session.add(comment)
    session.flush()
    _tell(session, comment, submission)
    return comment


def check_text(text: str) -> str:
    """A text as it is kept. Raises InvalidFields for an empty or too long one, and for one that cannot be stored."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidFields({"text": Sentence(N_("Write something first; Markdown works."))})
    if len(text) > TEXT_MAXIMUM:
        sentence = N_("The comment has %(given)s characters; at most %(maximum)s are kept.")
        raise InvalidFields({"text": Sentence(sentence, {"given": len(text), "maximum": TEXT_MAXIMUM})})
    if "\x00" in text:
        raise InvalidFields(
            {"text": Sentence(N_("The text holds a NUL character, which cannot be stored. Remove it."))}
        )
    return text


def _repeated(session: Session, user: User, submission: Submission | None, text: str) -> Comment | None:
    statement = select(Comment).where(
        Comment.user_id == user.id,
        at_place(submission),
        col(Comment.created) > now() - REPEATED_WITHIN,
        col(Comment.removed).is_(None),
        Comment.text == text,
    )
    return session.exec(statement).first()


def _check_pace(session: Session, user: User) -> None:
    since = now() - COMMENTS_WITHIN
    lately = select(Comment.created).where(Comment.user_id == user.id, col(Comment.created) > since)
    times = list(session.exec(lately.order_by(col(Comment.created).desc()).limit(COMMENTS_MAXIMUM)))
    if len(times) >= COMMENTS_MAXIMUM:
        wait_s = math.ceil((times[-1] - since).total_seconds())
        text = N_("You have written %(maximum)s comments within ten minutes. Go on in %(seconds)s seconds.")
        raise TooMany(Sentence(text, {"maximum": COMMENTS_MAXIMUM, "seconds": wait_s}), wait_s)


def at_place(submission: Submission | None) -> sa.ColumnElement[bool]:
    """The condition for comments on a submission, or for those on the whole board."""
    return col(Comment.submission_id).is_(None) if submission is None else col(Comment.submission_id) == submission.id


def _tell(session: Session, comment: Comment, submission: Submission | None) -> None:
    """Whoever is mentioned, and the author of the submission, each once per comment; nobody of their own words."""
    data: dict[str, Any] = {"comment": comment.stored_id, "by": comment.user_id}
    if submission is not None:
        data |= {"submission": submission.number, "title": submission.title}
    key = f"comment:{comment.stored_id}"
    # A mention says more than “somebody commented”, so it comes first and the key keeps the other away.
    called = people_called(session, references_in([comment.text]).handles)
    people = {user.stored_id: user for user in called.values()}
    for mentioned in [people[user_id] for user_id in sorted(people)][:MENTIONS_MAXIMUM]:
        if mentioned.id != comment.user_id and _may_see(submission, mentioned):
            tell(session, mentioned.stored_id, key, MENTION, data)
    if submission is not None and submission.user_id != comment.user_id:
        tell(session, submission.user_id, key, COMMENT, data)


def _may_see(submission: Submission | None, person: User) -> bool:
    if submission is None or (submission.withdrawn is None and submission.hidden is None):
        return True
    return person.role == "teacher" or person.id == submission.user_id


def edit_comment(session: Session, user: User, comment: Comment, text: str) -> None:
    """Change one's own comment. Who is mentioned now and was not before hears of it.

    Raises:
        NotAllowed: if it is somebody else's.
        Conflict: when it is too late, or the comment was removed.
        InvalidFields: for an empty or too long text.
    """
    require_editable(user, comment)
    changed = check_text(without_handles(session, text) if user.role == "teacher" else text)
    if changed != comment.text:
        comment.text, comment.edited = changed, now()
        session.add(comment)
        _tell(session, comment, submission_of(session, comment))


def require_editable(user: User, comment: Comment) -> None:
    """Raise NotAllowed for somebody else's comment, Conflict when it is too late or the comment was removed."""
    _require_author(user, comment)
    if not may_edit(comment, user):
        text = N_("A comment can be changed for %(minutes)s minutes. Write a new one instead.")
        raise Conflict(Sentence(text, {"minutes": EDIT_WINDOW.seconds // 60}))


def require_removable(user: User, comment: Comment) -> None:
    """Raise NotAllowed unless this is one's own comment or one is a teacher."""
    if user.role != "teacher":
        _require_author(user, comment)


def _require_author(user: User, comment: Comment) -> None:
    if comment.user_id != user.id:
        sentence = N_("Comment #%(number)s is not yours to change.")
        raise NotAllowed(Sentence(sentence, {"number": comment.stored_id}))


def may_edit(comment: Comment, reader: Person | None) -> bool:
    """Whether this reader may change the text now."""
    is_own = reader is not None and reader.id == comment.user_id
    return is_own and comment.removed is None and now() - comment.created < EDIT_WINDOW


def may_remove(comment: Comment, reader: Person | None) -> bool:
    """Whether this reader may take the text away: its author and teachers."""
    is_close = reader is not None and (reader.id == comment.user_id or reader.role == "teacher")
    return is_close and comment.removed is None


def may_restore(comment: Comment, reader: Person | None) -> bool:
    """Whether this reader may bring a removed one back: its author's own wish is theirs alone, the rest teachers'."""
    if reader is None or comment.removed is None:
        return False
    return reader.id == comment.user_id if comment.removed_by == comment.user_id else reader.role == "teacher"


def remove_comment(session: Session, user: User, comment: Comment) -> None:
    """Take a comment's text away; that it was there stays. A teacher's removal is noted in the audit log.

    Raises:
        NotAllowed: unless it is one's own or one is a teacher.
    """
    require_removable(user, comment)
    if comment.removed is not None:
        return
    comment.removed, comment.removed_by = now(), user.stored_id
    session.add(comment)
    if comment.user_id != user.id:
        audit.note(session, user, "comment.remove", f"comment {comment.stored_id}", _of_whom(session, comment))


def restore_comment(session: Session, user: User, comment: Comment) -> None:
    """Bring a removed comment back; what a teacher brings back is noted in the audit log.

    Raises:
        NotAllowed: unless one may, as `may_restore` says.
    """
    if comment.removed is None:
        require_removable(user, comment)
        return
    if not may_restore(comment, user):
        sentence = N_("Comment #%(number)s is not yours to bring back.")
        raise NotAllowed(Sentence(sentence, {"number": comment.stored_id}))
    if comment.removed_by != comment.user_id:
        audit.note(session, user, "comment.restore", f"comment {comment.stored_id}", _of_whom(session, comment))
    comment.removed = comment.removed_by = None
    session.add(comment)


def _of_whom(session: Session, comment: Comment) -> dict[str, object]:
    submission = submission_of(session, comment)
    author = session.get_one(User, comment.user_id).handle
    return {"author": author, "submission": submission.number if submission else None}


def set_helpful(session: Session, user: User, comment: Comment, is_helpful: bool) -> None:
    """Say that a comment helped, or take that back. Raises Conflict for one's own and for removed ones."""
    if comment.user_id == user.id:
        raise Conflict(Sentence(N_("Others say whether your comment is helpful.")))
    if comment.removed is not None:
        raise Conflict(Sentence(N_("This comment was removed.")))
    serialize_writers(session, user.stored_id)
    found = session.get(Helpful, (comment.stored_id, user.stored_id))
    if is_helpful and found is None:
        session.add(Helpful(comment_id=comment.stored_id, user_id=user.stored_id))
    elif not is_helpful and found is not None:
        session.delete(found)


def toggle_helpful(session: Session, user: User, comment: Comment) -> None:
    """What the button does. Raises as `set_helpful`."""
    found = session.get(Helpful, (comment.stored_id, user.stored_id))
    set_helpful(session, user, comment, found is None)


def submission_of(session: Session, comment: Comment) -> Submission | None:
    """What a comment is about; None for the whole board."""
    if comment.submission_id is None:
        return None
    return session.exec(select(Submission).where(Submission.id == comment.submission_id)).one()


def find_comment(session: Session, comment_id: int, reader: Person | None) -> Comment:
    """A comment whose place this reader may see. Raises NotFound."""
    comment = session.get(Comment, comment_id) if 0 < comment_id < 2**31 else None
    if comment is None:
        raise NotFound(Sentence(NO_COMMENT, {"number": comment_id}))
    submission = submission_of(session, comment)
    if submission is not None:
        try:
            find_visible(session, submission.number or 0, reader)
        except NotFound as error:
            raise NotFound(Sentence(NO_COMMENT, {"number": comment_id})) from error
    return comment
