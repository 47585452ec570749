"""The discussion, notifications, webhooks and feeds as people without scripts see them."""

import re
import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.database import session_scope
from app.core.notifications import tell
from app.core.runs import latest_run
from app.core.tables import Audit, Comment, Notification, Submission, User, Webhook, now
from tests.board_factories import make_result
from tests.factories import drawn_result, make_member, make_run_live, make_submission
from tests.visitors import Visit, Visitor, error_beside, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def submission(member: Visitor, session: Session) -> Submission:
    """Zhou Yi's, with a result."""
    author = session.exec(select(User).where(User.handle == "zhou-yi")).one()
    made = make_submission(session, author, title="lenet-slim")
    drawn_result(session, latest_run(session, made), total=1000, share=0.986)
    session.commit()
    return made


@pytest.fixture
def other(visit: Visit) -> Visitor:
    with session_scope() as session:
        make_member(session, "ma-li", "Ma Li")
    return visit().sign_in("ma-li")


@pytest.fixture
def teacher(visit: Visit) -> Visitor:
    with session_scope() as session:
        make_member(session, "ms-li", "Ms Li", "teacher")
    return visit().sign_in("ms-li")


def stored(session: Session) -> list[Comment]:
    session.expire_all()
    return list(session.exec(select(Comment).order_by("id")))


def say(visitor: Visitor, path: str, text: str) -> str:
    """Send the form; where it leads."""
    response = visitor.post(path, {"text": text})
    assert response.status_code == 303
    return str(response.headers["location"])


def test_a_comment_stands_on_the_page_of_its_submission(
    other: Visitor, visitor: Visitor, submission: Submission
) -> None:
    target = say(other, f"/s/{submission.number}/comments", f"**Nice**, see #{submission.number} @zhou-yi")

    assert target == f"/s/{submission.number}#comment-1"
    page = visitor.get(f"/s/{submission.number}")
    assert "Ma Li · just now Nice , see" in text_of(page)
    assert '<div class="prose" lang=""><p><strong>Nice</strong>' in page.text
    assert f'<a href="/s/{submission.number}" rel="nofollow noopener ugc">#{submission.number}</a>' in page.text
    assert '<a href="/u/zhou-yi" rel="nofollow noopener ugc">@zhou-yi</a>' in page.text


def test_the_thread_of_the_board_has_pages_and_opens_where_the_talk_goes_on(
    member: Visitor, visitor: Visitor, session: Session
) -> None:
    user = session.exec(select(User).where(User.handle == "zhou-yi")).one()
    session.add_all(Comment(user_id=user.stored_id, text=f"word {number}.") for number in range(1, 52))
    session.commit()

    assert "word 51." in text_of(visitor.get("/discussion"))
    assert "word 50." not in text_of(visitor.get("/discussion"))
    assert "word 50." in text_of(visitor.get("/discussion?part=1"))
    assert visitor.get("/comments/3").headers["location"] == "/discussion?part=1#comment-3"
    assert visitor.get("/discussion?part=x").status_code == 200


def test_what_is_said_of_submissions_is_found_from_the_discussion(
    other: Visitor, member: Visitor, visitor: Visitor, submission: Submission
) -> None:
    say(other, f"/s/{submission.number}/comments", "hello")
    before = visitor.get("/discussion")
    member.post(f"/s/{submission.number}/withdraw")

    assert "Lately on submissions Ma Li on #1 lenet-slim" in text_of(before)
    assert 'href="/comments/1"' in before.text
    assert "lenet-slim" not in visitor.get("/discussion").text


def test_strangers_read_and_are_sent_to_sign_in_to_write(visitor: Visitor, submission: Submission) -> None:
    page = visitor.get(f"/s/{submission.number}/comments")
    refused = visitor.post("/discussion", {"text": "hello"})

    assert "Nobody has said anything yet. Sign in to write a comment" in text_of(page)
    assert (refused.status_code, refused.headers["location"].partition("?")[0]) == (303, "/sign-in")


@pytest.mark.parametrize("text", ["  ", "x" * 10_001])
def test_what_cannot_be_kept_comes_back_with_a_sentence_and_the_text(
    member: Visitor, session: Session, text: str
) -> None:
    page = member.post("/discussion", {"text": text})

    assert page.status_code == 422
    assert error_beside(page, "text")
    assert text.strip() in page.text
    assert stored(session) == []


@pytest.mark.parametrize("path", ["/discussion", "/comments/1/edit", "/comments/1/remove", "/comments/1/helpful"])
def test_a_form_without_our_token_does_nothing(member: Visitor, session: Session, path: str) -> None:
    say(member, "/discussion", "hello")

    assert member.post(path, {"csrf_token": "forged", "text": "other"}).status_code == 403
    assert [(each.text, each.removed) for each in stored(session)] == [("hello", None)]


def test_an_author_changes_a_comment(member: Visitor, session: Session) -> None:
    say(member, "/discussion", "Helo")
    form = member.get("/comments/1/edit")
    target = member.post("/comments/1/edit", {"text": "Hello"})

    assert ">Helo</textarea>" in form.text
    assert target.headers["location"] == "/discussion?part=1#comment-1"
    assert stored(session)[0].text == "Hello"
    assert "edited" in text_of(member.get("/discussion"))


def test_later_there_is_no_link_for_it_and_no_form(member: Visitor, session: Session) -> None:
    say(member, "/discussion", "Helo")
    (comment,) = stored(session)
    comment.created = now() - timedelta(minutes=16)
    session.add(comment)
    session.commit()

    assert "/comments/1/edit" not in member.get("/discussion").text
    assert member.get("/comments/1/edit").status_code == 409
    assert member.post("/comments/1/edit", {"text": "Hello"}).status_code == 409


def test_others_can_neither_edit_nor_remove_it(member: Visitor, other: Visitor, session: Session) -> None:
    say(member, "/discussion", "Hello")
    page = other.get("/discussion").text

    assert "/comments/1/edit" not in page
    assert "/comments/1/remove" not in page
    for path in ("/comments/1/edit", "/comments/1/remove"):
        assert other.get(path).status_code == 403
        assert other.post(path, {"text": "mine"}).status_code == 403
    assert other.post("/comments/1/restore").status_code == 403
    assert [(each.text, each.removed) for each in stored(session)] == [("Hello", None)]


def test_what_a_teacher_removes_leaves_a_trace_and_can_come_back(
    member: Visitor, teacher: Visitor, visitor: Visitor, session: Session
) -> None:
    say(member, "/discussion", "Rude words")
    asked = teacher.get("/comments/1/remove")
    teacher.post("/comments/1/remove")
    removed = text_of(visitor.get("/discussion"))
    teacher.post("/comments/1/restore")

    assert "Remove the comment?" in text_of(asked)
    assert "Removed by a teacher." in removed
    assert "Rude" not in removed
    assert "Rude words" in text_of(visitor.get("/discussion"))
    assert [row.action for row in session.exec(select(Audit))] == ["comment.remove", "comment.restore"]


def test_helpful_is_a_button_for_others_and_a_number_for_all(member: Visitor, other: Visitor, visitor: Visitor) -> None:
    say(member, "/discussion", "Use padding.")
    other.post("/comments/1/helpful")

    assert "helpful to 1" in text_of(visitor.get("/discussion"))
    assert 'aria-pressed="true"' in other.get("/discussion").text
    assert "/comments/1/helpful" not in member.get("/discussion").text
    assert member.post("/comments/1/helpful").status_code == 409
    other.post("/comments/1/helpful")
    assert "helpful to 1" not in text_of(visitor.get("/discussion"))


def test_comments_on_a_withdrawn_submission_are_gone_for_others(
    member: Visitor, other: Visitor, submission: Submission
) -> None:
    say(other, f"/s/{submission.number}/comments", "hello")
    member.post(f"/s/{submission.number}/withdraw")

    assert other.get("/comments/1").status_code == 404
    assert other.get(f"/s/{submission.number}/comments").status_code == 404
    assert other.post(f"/s/{submission.number}/comments", {"text": "x"}).status_code == 404
    assert member.get("/comments/1").status_code == 303


@pytest.mark.parametrize("path", ["/comments/1", "/comments/99999999999", "/comments/0", "/comments/x"])
def test_there_is_no_such_comment(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_a_live_page_has_no_form_that_its_reload_would_empty(
    member: Visitor, session: Session, submission: Submission
) -> None:
    live = make_submission(session, session.get_one(User, submission.user_id), title="live")
    make_run_live(session, latest_run(session, live))
    session.commit()

    page = member.get(f"/s/{live.number}").text

    assert "<textarea" not in page
    assert f'href="/s/{live.number}/comments">Write a comment' in page


def test_the_header_counts_what_is_new_until_it_is_read(
    member: Visitor, other: Visitor, submission: Submission
) -> None:
    say(other, f"/s/{submission.number}/comments", "hello")
    count = re.compile(r"<b>(\d+)<span")

    assert count.findall(member.get("/").text) == ["1"]
    page = member.get("/notifications")
    assert "Ma Li has commented on your submission #1 “lenet-slim”." in text_of(page)
    assert member.get("/notifications/1").headers["location"] == "/comments/1"
    assert count.findall(member.get("/").text) == []
    assert count.findall(other.get("/").text) == []


KINDS = {
    "run.finished": ({"submission": 1, "title": "a", "accuracy": 0.98594}, "#1 “a” has finished: 98.59 % read right."),
    "run.failed": ({"submission": 1, "title": "a", "outcome": "diverged"}, "#1 “a” has ended without a result:"),
    "comment": ({"submission": 1, "title": "a", "comment": 3, "by": 99}, "somebody has commented on your submission"),
    "mention": ({"comment": 3, "by": 99}, "has mentioned you in the discussion of the board."),
    "record.fell": (
        {"submission": 2, "title": "100%s %(x)s", "accuracy": 0.99, "by": 99, "yours": 1},
        "has beaten your record #1: #2 “100%s %(x)s” reads 99.00 % right.",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_words_in_both_languages(member: Visitor, session: Session, kind: str) -> None:
    data, words = KINDS[kind]
    tell(session, session.exec(select(User.id).where(User.handle == "zhou-yi")).one() or 0, "k", kind, data)
    session.commit()

    assert words in text_of(member.get("/notifications"))
    chinese = text_of(member.get("/notifications?lang=zh"))
    assert words not in chinese
    assert "“" in chinese or "全班" in chinese


def test_all_can_be_marked_as_read_and_those_of_others_are_not_shown(
    member: Visitor, other: Visitor, session: Session, submission: Submission
) -> None:
    say(other, f"/s/{submission.number}/comments", "hello")
    stranger = other.get("/notifications/1")
    member.post("/notifications/read")

    assert stranger.status_code == 404
    assert "Nothing yet." in text_of(other.get("/notifications"))
    assert [each.read is not None for each in session.exec(select(Notification))] == [True]


@pytest.mark.parametrize("path", ["/notifications", "/me/webhooks", "/comments/1/edit", "/notifications/1"])
def test_what_is_personal_asks_to_sign_in(visitor: Visitor, path: str) -> None:
    response = visitor.get(path)

    assert (response.status_code, response.headers["location"].partition("?")[0]) == (303, "/sign-in")


def test_the_secret_of_a_webhook_is_shown_once(member: Visitor, session: Session) -> None:
    page = member.post("/me/webhooks", {"url": "https://example.org/hook", "events": ["record"]})

    webhook = session.exec(select(Webhook)).one()
    assert (webhook.url, webhook.events) == ("https://example.org/hook", "record")
    assert webhook.secret in page.text
    assert page.headers["cache-control"] == "no-store"
    assert webhook.secret not in member.get("/me/webhooks").text


def test_an_address_of_here_is_refused_beside_its_field(member: Visitor, session: Session) -> None:
    page = member.post("/me/webhooks", {"url": "http://169.254.169.254/", "events": ["record"]})

    assert page.status_code == 422
    assert "no public address" in error_beside(page, "url")
    assert session.exec(select(Webhook)).all() == []


def test_a_sixth_webhook_is_refused_on_the_page(member: Visitor) -> None:
    for number in range(5):
        member.post("/me/webhooks", {"url": f"https://example.org/{number}", "events": ["record"]})
    page = member.post("/me/webhooks", {"url": "https://example.org/6", "events": ["record"]})

    assert "Remove one first." in error_beside(page, "url")


def test_webhooks_of_others_can_be_neither_tried_nor_removed(member: Visitor, other: Visitor, session: Session) -> None:
    member.post("/me/webhooks", {"url": "https://example.org/hook", "events": ["record"]})

    assert other.post("/me/webhooks/1/remove").status_code == 404
    assert other.post("/me/webhooks/1/test").status_code == 404
    assert member.post("/me/webhooks/1/test").status_code == 303
    assert member.post("/me/webhooks/1/remove").status_code == 303
    assert session.exec(select(Webhook)).all() == []


def entries(response: Any) -> list[tuple[str, str]]:
    """Ids and titles of a feed's entries."""
    feed = ET.fromstring(response.content)
    return [
        (each.findtext(f"{ATOM}id") or "", each.findtext(f"{ATOM}title") or "") for each in feed.iter(f"{ATOM}entry")
    ]


def test_the_feed_tells_results_and_records(visitor: Visitor, submission: Submission, session: Session) -> None:
    response = visitor.get("/feed.atom")

    feed = ET.fromstring(response.content)
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert feed.tag == f"{ATOM}feed"
    assert [title for _, title in entries(response)] == ["New record: lenet-slim, 98.60 %", "lenet-slim: 98.60 %"]
    assert entries(response)[1][0] == f"urn:uuid:{submission.id}"
    for element in [feed, *feed.iter(f"{ATOM}entry")]:
        assert all(element.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))
        assert element.find(f"{ATOM}link") is not None


def test_ids_stay_the_same_when_more_comes_and_whatever_the_host(
    visitor: Visitor, submission: Submission, session: Session
) -> None:
    before = ET.fromstring(visitor.get("/feed.atom").content)
    rival = make_submission(session, make_member(session, "rival", "Rival"), title="better")
    make_result(session, rival, wrong=1)
    session.commit()
    after = visitor.get("/feed.atom", headers={"Host": "board.example.org"})

    ids = [each.findtext(f"{ATOM}id") for each in before.iter(f"{ATOM}entry")]
    assert set(ids) < {each for each, _ in entries(after)}
    assert ET.fromstring(after.content).findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")
    assert len({each for each, _ in entries(after)}) == len(entries(after)) == 4


def test_the_feed_of_one_student_holds_nothing_of_others(
    visitor: Visitor, submission: Submission, session: Session
) -> None:
    make_result(session, make_submission(session, make_member(session, "rival", "Rival"), title="mine"), wrong=1)
    session.commit()

    assert {title for _, title in entries(visitor.get("/u/rival/feed.atom"))} == {
        "New record: mine, 99.90 %",
        "mine: 99.90 %",
    }
    assert visitor.get("/u/nobody/feed.atom").status_code == 404


def test_a_feed_without_news_is_valid_and_a_known_one_is_not_sent_again(visitor: Visitor) -> None:
    first = visitor.get("/feed.atom")
    again = visitor.get("/feed.atom", headers={"If-None-Match": first.headers["etag"]})
    chinese = visitor.get("/feed.atom?lang=zh")

    assert entries(first) == []
    assert ET.fromstring(first.content).findtext(f"{ATOM}updated")
    assert again.status_code == 304
    assert ET.fromstring(chinese.content).get("{http://www.w3.org/XML/1998/namespace}lang") == "zh"


def test_what_xml_cannot_say_is_left_out_of_the_feed(visitor: Visitor, session: Session) -> None:
    author = make_member(session, "rival", "Rival")
    author.name = "R\ufffe \U0001f600"  # from before such names were refused
    made = make_submission(session, author, title="a\x0b\x1b[31m <b>&")
    make_result(session, made)
    session.commit()

    assert entries(visitor.get("/feed.atom"))[0][1].endswith("a[31m <b>&, 98.00 %")


def test_what_comes_too_fast_is_kept_in_the_form(member: Visitor) -> None:
    for number in range(30):
        member.post("/discussion", {"text": f"comment {number}"})

    answer = member.post("/discussion", {"text": "the last straw"})

    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
    assert "the last straw</textarea>" in answer.text
    assert "Go on in" in error_beside(answer, "text")
