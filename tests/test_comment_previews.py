"""A comment is looked at before it is made: without scripts, with its text kept, and nobody is told."""

import pytest
from sqlmodel import Session, select

from app.core.comments import add_comment
from app.core.database import session_scope
from app.core.tables import Comment, Notification, User
from tests.api import Api
from tests.board_factories import make_submission, make_user
from tests.visitors import Visitor, error_beside, member, visit

__all__ = ["member", "visit"]
pytest_plugins = ["tests.api_fixtures"]
TEXT = "See **this**, @li-na\nand #1 <script>alert(1)</script>"


@pytest.fixture
def thread(member: Visitor) -> None:
    """A submission of Li Na's, with the number 1."""
    with session_scope() as session:
        make_submission(session, make_user(session, "li-na"))


@pytest.mark.parametrize("path", ["/discussion", "/s/1/comments"])
def test_a_preview_shows_the_text_with_its_links_and_keeps_it(thread: None, member: Visitor, path: str) -> None:
    answer = member.post(path, {"text": TEXT, "preview": "1"})

    assert answer.status_code == 200
    assert '<strong>this</strong>, <a href="/u/li-na" rel="nofollow noopener ugc">@li-na</a><br>' in answer.text
    assert "See **this**, @li-na\nand #1 &lt;script&gt;alert(1)&lt;/script&gt;</textarea>" in answer.text
    assert "<script>alert" not in answer.text


def test_a_preview_keeps_nothing_and_tells_nobody(thread: None, member: Visitor, session: Session) -> None:
    member.post("/s/1/comments", {"text": TEXT, "preview": "1"})

    assert session.exec(select(Comment)).all() == []
    assert session.exec(select(Notification)).all() == []


def test_what_could_not_be_sent_is_said_at_once(member: Visitor) -> None:
    answer = member.post("/discussion", {"text": "x" * 10_001, "preview": "1"})

    assert answer.status_code == 422
    assert "has 10001 characters" in error_beside(answer, "text")


def test_a_change_is_looked_at_before_it_is_made(member: Visitor, session: Session) -> None:
    author = session.exec(select(User).where(User.handle == "zhou-yi")).one()
    comment = add_comment(session, author, None, "first")
    session.commit()

    answer = member.post(f"/comments/{comment.id}/edit", {"text": "*second*", "preview": "1"})

    assert (answer.status_code, "<em>second</em>" in answer.text, ">*second*</textarea>" in answer.text) == (
        200,
        True,
        True,
    )
    session.expire_all()
    assert session.get_one(Comment, comment.id).text == "first"


def test_somebody_elses_comment_has_no_preview_for_a_change(member: Visitor, session: Session) -> None:
    comment = add_comment(session, make_user(session, "li-na"), None, "first")
    session.commit()

    assert member.post(f"/comments/{comment.id}/edit", {"text": "x", "preview": "1"}).status_code == 403


def test_the_api_previews_too(api: Api) -> None:
    answer = api.client.post("/api/v1/preview", json={"text": "*a* @other <b>"}, headers=api.owner)

    assert answer.json()["html"].startswith('<p><em>a</em> <a href="/u/other"')
    assert "&lt;b&gt;" in answer.json()["html"]
    assert api.client.post("/api/v1/preview", json={"text": " "}, headers=api.owner).status_code == 422
    assert api.client.get("/api/v1/discussion").json()["count"] == 0
