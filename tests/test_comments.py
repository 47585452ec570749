"""Comments: said, changed, removed, found helpful; and who hears of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core import comments
from app.core.comments import EDIT_WINDOW, TEXT_MAXIMUM, add_comment, edit_comment, remove_comment
from app.core.errors import Conflict, InvalidFields, NotAllowed, TooMany
from app.core.notifications import notifications_of
from app.core.tables import Audit, Comment, Submission, User, now
from app.core.threads import count_comments, thread
from tests.board_factories import make_submission, make_user


@pytest.fixture
def author(session: Session) -> User:
    return make_user(session, "zhou-yi")


@pytest.fixture
def reader(session: Session) -> User:
    return make_user(session, "ma-li")


@pytest.fixture
def submission(session: Session, author: User) -> Submission:
    return make_submission(session, author, title="lenet-slim")


def told(session: Session, user: User) -> list[tuple[str, Any]]:
    return [(each.kind, each.data.get("comment")) for each in notifications_of(session, user.stored_id, 50)]


def texts(session: Session, submission: Submission | None) -> list[str]:
    return [said.comment.text for said in thread(session, submission, None, 50)]


def test_comments_stand_in_the_order_in_which_they_came(
    session: Session, submission: Submission, author: User, reader: User
) -> None:
    add_comment(session, reader, submission, "first")
    add_comment(session, author, submission, "second")

    assert texts(session, submission) == ["first", "second"]


def test_the_thread_of_the_board_is_not_that_of_a_submission(
    session: Session, submission: Submission, reader: User
) -> None:
    add_comment(session, reader, None, "to all")

    assert (texts(session, None), texts(session, submission)) == (["to all"], [])


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (TEXT_MAXIMUM + 1), "a\x00b"])
def test_what_cannot_be_kept_is_refused_with_a_sentence(session: Session, reader: User, text: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        add_comment(session, reader, None, text)

    assert set(refused.value.fields) == {"text"}


def test_a_form_that_is_sent_twice_makes_one_comment(session: Session, reader: User) -> None:
    first = add_comment(session, reader, None, "hello")

    assert add_comment(session, reader, None, " hello ").id == first.id
    assert count_comments(session, None) == 1


def test_the_same_words_later_are_another_comment(session: Session, reader: User) -> None:
    first = add_comment(session, reader, None, "hello")
    first.created = now() - timedelta(minutes=2)
    session.add(first)

    assert add_comment(session, reader, None, "hello").id != first.id


def test_a_flood_is_stopped_with_the_time_to_go_on(session: Session, reader: User, author: User) -> None:
    for number in range(comments.COMMENTS_MAXIMUM):
        add_comment(session, reader, None, f"word {number}")

    with pytest.raises(TooMany) as refused:
        add_comment(session, reader, None, "one more")
    assert 590 < refused.value.retry_after_s <= 600
    assert add_comment(session, author, None, "of somebody else").id


def test_the_author_hears_of_a_comment_once(
    session: Session, submission: Submission, author: User, reader: User
) -> None:
    comment = add_comment(session, reader, submission, "Nice.")
    edit_comment(session, reader, comment, "Very nice.")

    assert told(session, author) == [("comment", comment.id)]
    assert told(session, reader) == []


def test_nobody_hears_of_their_own_words(session: Session, submission: Submission, author: User) -> None:
    add_comment(session, author, submission, "I am @zhou-yi")

    assert told(session, author) == []


def test_who_is_mentioned_hears_of_it_and_an_author_only_once(
    session: Session, submission: Submission, author: User, reader: User
) -> None:
    third = make_user(session, "ivan")
    comment = add_comment(session, reader, submission, "@zhou-yi and @Ivan, look. `@ma-li`")

    assert told(session, author) == told(session, third) == [("mention", comment.id)]


def test_a_mention_that_an_edit_adds_is_told(session: Session, reader: User, author: User) -> None:
    comment = add_comment(session, reader, None, "Look.")
    edit_comment(session, reader, comment, "Look, @zhou-yi.")

    assert told(session, author) == [("mention", comment.id)]


def test_mentions_in_a_thread_that_somebody_may_not_see_are_not_told(
    session: Session, submission: Submission, author: User, reader: User
) -> None:
    submission.withdrawn = now()
    session.add(submission)
    add_comment(session, author, submission, "@ma-li")

    assert told(session, reader) == []


def test_not_the_whole_class_can_be_called_at_once(session: Session, reader: User) -> None:
    class_ = [make_user(session, f"student-{i:02}") for i in range(30)]
    add_comment(session, reader, None, " ".join(f"@{user.handle}" for user in class_))

    assert sum(len(told(session, user)) for user in class_) == comments.MENTIONS_MAXIMUM


def test_a_comment_can_be_changed_for_fifteen_minutes(session: Session, reader: User) -> None:
    comment = add_comment(session, reader, None, "Helo")
    comment.created = now() - EDIT_WINDOW + timedelta(seconds=5)
    edit_comment(session, reader, comment, "Hello")

    assert (comment.text, comment.edited is not None) == ("Hello", True)


def test_after_that_it_stays_as_it_is(session: Session, reader: User) -> None:
    comment = add_comment(session, reader, None, "Helo")
    comment.created = now() - EDIT_WINDOW - timedelta(seconds=1)

    with pytest.raises(Conflict):
        edit_comment(session, reader, comment, "Hello")
    assert comment.text == "Helo"


def test_an_edit_that_changes_nothing_leaves_no_mark(session: Session, reader: User) -> None:
    comment = add_comment(session, reader, None, "Hello")
    edit_comment(session, reader, comment, "Hello ")

    assert comment.edited is None


def test_others_cannot_change_or_remove_it_not_even_edit_it_as_teachers(
    session: Session, reader: User, author: User
) -> None:
    comment = add_comment(session, reader, None, "Hello")
    teacher = make_user(session, "prof", "teacher")

    for attempt in (
        lambda: edit_comment(session, author, comment, "x"),
        lambda: edit_comment(session, teacher, comment, "x"),
        lambda: remove_comment(session, author, comment),
        lambda: comments.restore_comment(session, author, comment),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert (comment.text, comment.removed) == ("Hello", None)


def test_a_removed_comment_leaves_a_trace_and_no_audit_row_for_its_author(session: Session, reader: User) -> None:
    comment = add_comment(session, reader, None, "Hello")
    remove_comment(session, reader, comment)

    assert len(thread(session, None, None, 50)) == 1
    assert count_comments(session, None) == 0
    assert session.exec(select(Audit)).all() == []
    with pytest.raises(Conflict):
        edit_comment(session, reader, comment, "Hello again")


def test_what_a_teacher_removes_and_brings_back_is_in_the_audit_log(
    session: Session, submission: Submission, reader: User
) -> None:
    teacher = make_user(session, "prof", "teacher")
    comment = add_comment(session, reader, submission, "Hello")
    remove_comment(session, teacher, comment)
    comments.restore_comment(session, teacher, comment)

    rows = [(row.actor_id, row.action, row.subject, row.detail) for row in session.exec(select(Audit))]
    where = {"author": "ma-li", "submission": submission.number}
    assert rows == [
        (teacher.id, "comment.remove", f"comment {comment.id}", where),
        (teacher.id, "comment.restore", f"comment {comment.id}", where),
    ]
    assert comment.removed is None


def test_what_an_author_took_back_only_they_bring_back(session: Session, reader: User) -> None:
    comment = add_comment(session, reader, None, "Hello")
    remove_comment(session, reader, comment)

    with pytest.raises(NotAllowed):
        comments.restore_comment(session, make_user(session, "prof", "teacher"), comment)
    comments.restore_comment(session, reader, comment)
    assert comment.removed is None
    assert session.exec(select(Audit)).all() == []


def test_what_a_teacher_took_away_its_author_cannot_bring_back(session: Session, reader: User) -> None:
    comment = add_comment(session, reader, None, "Hello")
    remove_comment(session, make_user(session, "prof", "teacher"), comment)

    with pytest.raises(NotAllowed):
        comments.restore_comment(session, reader, comment)


@pytest.mark.parametrize(("presses", "count"), [(1, 1), (2, 0), (3, 1)])
def test_helpful_is_a_switch(session: Session, reader: User, author: User, presses: int, count: int) -> None:
    comment = add_comment(session, reader, None, "Hello")
    for _ in range(presses):
        comments.toggle_helpful(session, author, comment)
        session.flush()

    (said,) = thread(session, None, author, 50)
    assert (said.helpful, said.is_helpful_to_reader) == (count, bool(count))


def removed(session: Session, comment: Comment, author: User) -> None:
    remove_comment(session, author, comment)


@pytest.mark.parametrize("prepare", [removed, lambda *_: None])
def test_neither_ones_own_nor_a_removed_comment_is_helpful(
    session: Session, reader: User, author: User, prepare: Callable[..., None]
) -> None:
    comment = add_comment(session, reader, None, "Hello")
    prepare(session, comment, reader)
    who = author if comment.removed else reader

    with pytest.raises(Conflict):
        comments.set_helpful(session, who, comment, True)
