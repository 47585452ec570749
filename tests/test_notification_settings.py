"""Which notifications somebody wants, and how long they are kept."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.comments import add_comment
from app.core.database import session_scope
from app.core.notification_settings import KIND_WORDS, mute
from app.core.notifications import COMMENT, KEPT, KINDS, MENTION, forget_old, tell
from app.core.tables import Notification, User, now
from app.web.notifications_view import TEXTS
from tests.api import Api
from tests.board_factories import make_submission, make_user
from tests.visitors import Visitor, member, visit

__all__ = ["member", "visit"]
pytest_plugins = ["tests.api_fixtures"]
SETTINGS = "/api/v1/notifications/settings"


def kinds_told(session: Session) -> list[str]:
    session.flush()
    return [each.kind for each in session.exec(select(Notification))]


def test_every_kind_has_words_for_the_form_and_for_the_list() -> None:
    assert set(KIND_WORDS) == set(TEXTS) == set(KINDS)


def test_what_is_muted_is_not_told_and_the_rest_is(session: Session) -> None:
    owner, other = make_user(session), make_user(session, "other")
    submission = make_submission(session, owner)
    mute(session, owner, [COMMENT])
    session.flush()
    add_comment(session, other, submission, "nice")
    add_comment(session, other, submission, "nice, @zhou-yi")

    assert kinds_told(session) == [MENTION]


def test_all_is_told_until_something_else_is_said(member: Visitor) -> None:
    page = member.get("/notifications").text

    assert page.count('name="wanted"') == page.count(" checked>") == len(KINDS)


def test_the_form_keeps_what_is_ticked(member: Visitor, session: Session) -> None:
    wanted = [kind for kind in KINDS if kind not in (COMMENT, MENTION)]
    answer = member.post("/notifications/settings", {"wanted": wanted})

    assert answer.headers["location"] == "/notifications#settings"
    assert session.exec(select(User.muted).where(User.handle == "zhou-yi")).one() == "comment mention"
    assert member.get("/notifications").text.count(" checked>") == len(wanted)


def test_the_api_says_and_changes_it(api: Api) -> None:
    assert api.client.get(SETTINGS, headers=api.owner).json() == {"muted": [], "kinds": list(KINDS)}

    changed = api.client.put(SETTINGS, json={"muted": ["mention", "comment", "mention"]}, headers=api.owner)

    assert changed.json()["muted"] == ["comment", "mention"]
    assert api.client.get(SETTINGS, headers=api.owner).json()["muted"] == ["comment", "mention"]
    assert api.client.get(SETTINGS, headers=api.other).json()["muted"] == []


@pytest.mark.parametrize("body", [{}, {"muted": "comment"}, {"muted": [1]}, {"muted": ["x"]}, {"muted": [], "x": 1}])
def test_what_is_no_list_of_kinds_is_refused(api: Api, body: dict[str, Any]) -> None:
    assert api.client.put(SETTINGS, json=body, headers=api.owner).status_code == 422


def test_after_ninety_days_what_was_told_is_gone(session: Session) -> None:
    user = make_user(session)
    for name, age in (("old", KEPT + timedelta(minutes=1)), ("young", KEPT - timedelta(minutes=1))):
        tell(session, user.stored_id, name, COMMENT, {"submission": 1, "title": name, "comment": 1})
        session.exec(select(Notification).where(Notification.key == name)).one().created = now() - age
        session.flush()

    assert forget_old(session) == 1
    assert session.exec(select(Notification.key)).all() == ["young"]


def test_all_are_marked_as_read_at_once(member: Visitor) -> None:
    with session_scope() as session:
        user = session.exec(select(User).where(User.handle == "zhou-yi")).one()
        for number in range(3):
            tell(session, user.stored_id, str(number), COMMENT, {"submission": 1, "title": "x", "comment": 1})

    assert member.get("/notifications").text.count('class="new"') == 3
    member.post("/notifications/read")
    assert member.get("/notifications").text.count('class="new"') == 0
