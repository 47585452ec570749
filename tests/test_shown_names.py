"""While the class shows pseudonyms, no page, no answer of the API and no file has the name of another student."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session, col, select

from app.core import claims
from app.core.accounts import add_token, add_user
from app.core.announcements import announce_end
from app.core.comments import add_comment
from app.core.database import session_scope
from app.core.departures import depart
from app.core.jobs import get_jobs
from app.core.pseudonyms import Pseudonym
from app.core.tables import Classroom, Comment, Submission, User, Webhook, now
from app.core.webhooks import RECORD, send_event
from app.web.translations import translate
from tests.board_factories import make_failure, make_result, make_submission
from tests.factories import make_member
from tests.permissions import ROWS
from tests.test_webhooks import queued
from tests.threads import make_posts
from tests.visitors import Visitor, text_of, visit

__all__ = ["visit"]
HANDLE, NAME = "linweihong", "Lin Weihong"
# Neither the handle nor any part of the name may be found, in whatever case.
GIVEN_AWAY = re.compile(r"lin.?weihong|weihong", re.IGNORECASE)
PLACES = {
    "number": "1",
    "claim_id": "1",
    "comment_id": "1",
    "identity_id": "1",
    "token_id": "1",
    "webhook_id": "1",
    "notification_id": "1",
    "index": "3",
    "key": "nowhere",
    "secret": "made-up",
    "code": "made-up",
    "run_id": "nowhere",
    "action": "hide",
    "operation_id": "getQuota",
}
READ = sorted({row.path for row in ROWS if row.method == "GET" and not row.path.startswith("/api/v1/teach")})
ALSO = ("/compare?a=1&b=2", "/api/v1/compare?a=1&b=2", "/?best=0", "/leaderboard.csv?best=0", "/feed.atom?lang=zh")


def set_class(**settings: Any) -> None:
    with session_scope() as session:
        classroom = session.exec(select(Classroom)).one()
        for name, value in settings.items():
            setattr(classroom, name, value)
        session.add(classroom)


@pytest.fixture
def ground(data_dir: Any) -> dict[str, str]:
    """Lin has a result, a failed run, a fork of Ma's, a rebuilt claim and comments; Ma and the teacher have a token."""
    with session_scope() as session:
        lin = add_user(session, HANDLE, NAME, "student")
        ma, teacher = make_member(session, "mali", "Ma Li"), make_member(session, "ms-li", "Ms Li", "teacher")
        session.flush()
        _make_things(session, lin, ma, teacher)
        tokens = {user.handle: f"Bearer {add_token(session, user, 'for tests')}" for user in (ma, teacher, lin)}
        key = lin.pseudonym
    set_class(names="pseudonyms")
    with session_scope() as session:
        lin, ma, teacher = (
            session.exec(select(User).where(User.handle == handle)).one() for handle in (HANDLE, "mali", "ms-li")
        )
        submissions = {each.number: each for each in session.exec(select(Submission))}
        add_comment(session, lin, submissions[2], "as in #1")
        add_comment(session, teacher, submissions[1], f"well done @{HANDLE}, see #2")
        add_comment(session, ma, None, f"what does @~{key} say?")
    return tokens | {"pseudonym": key}


def _make_things(session: Session, lin: User, ma: User, teacher: User) -> None:
    first = make_submission(session, lin, title="first")
    make_result(session, first, wrong=30)
    own = make_submission(session, ma, title="own")
    make_result(session, own, wrong=200, first_wrong=500)
    beaten = make_submission(session, lin, title="fork of two", parent="2")
    announce_end(session, get_jobs(), make_result(session, beaten, wrong=2).id)
    make_failure(session, make_submission(session, lin, title="unlucky"))
    make_submission(session, lin, title="waits")
    claims.save(session, claims.draft(session, make_posts("acc 98.47%")), None)
    made = make_submission(session, lin, title="rebuilt")
    made.claim_id = 1
    session.add(made)
    make_result(session, made, wrong=40)


def addresses(handle: str) -> list[str]:
    filled = [re.sub(r"\{(\w+)\}", lambda found: (PLACES | {"handle": handle})[found.group(1)], path) for path in READ]
    return [*filled, *ALSO]


def found_in(answer: httpx.Response) -> list[str]:
    headers = " ".join(answer.headers.values())
    return GIVEN_AWAY.findall(f"{answer.text} {headers}")


def given_away(get: Callable[[str], httpx.Response], handle: str) -> dict[str, list[str]]:
    return {path: found for path in addresses(handle) if (found := found_in(get(path)))}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_classmate_finds_no_other_name_on_any_page(visit: Any, ground: dict[str, str], language: str) -> None:
    ma = visit().sign_in("mali")
    ma.language = language

    assert given_away(ma.get, f"~{ground['pseudonym']}") == {}


def test_a_visitor_finds_no_name_on_any_page_or_in_the_api(visit: Any, ground: dict[str, str]) -> None:
    assert given_away(visit().get, f"~{ground['pseudonym']}") == {}


def test_a_classmate_finds_no_other_name_in_the_api(visit: Any, ground: dict[str, str]) -> None:
    client, headers = visit().client, {"Authorization": ground["mali"]}

    assert given_away(lambda path: client.get(path, headers=headers), f"~{ground['pseudonym']}") == {}


def test_the_crawl_would_find_names_where_they_are_shown(visit: Any, ground: dict[str, str]) -> None:
    set_class(names="real")
    found = given_away(visit().get, HANDLE)

    assert {"/", "/s/1", "/leaderboard.csv", "/feed.atom", "/api/v1/leaderboard", "/compare?a=1&b=2"} <= found.keys()
    assert {"/claims/1", "/digits/3", "/api/v1/submissions/1/receipt", "/s/1/comments", f"/u/{HANDLE}"} <= found.keys()


def test_the_teacher_and_oneself_see_the_name(visit: Any, ground: dict[str, str]) -> None:
    teacher = visit().sign_in("ms-li")
    client = teacher.client

    assert NAME in text_of(teacher.get("/"))
    assert text_of(teacher.get(f"/u/{HANDLE}")).count(f"@{HANDLE}") == 1
    for reader in ("ms-li", HANDLE):
        lines = client.get("/api/v1/leaderboard", headers={"Authorization": ground[reader]}).json()["rows"]
        assert {"handle": HANDLE, "name": NAME} in [line["author"] for line in lines]


def test_the_pseudonym_stands_in_its_place_in_either_language(visit: Any, ground: dict[str, str]) -> None:
    name = Pseudonym.of(ground["pseudonym"])
    ma = visit().sign_in("mali")

    assert f"{name}" in text_of(ma.get("/s/1"))
    assert f'href="/u/~{ground["pseudonym"]}"' in ma.get("/s/1").text
    assert translate(name, "zh") in text_of(ma.get("/s/1?lang=zh"))
    assert translate(name, "zh") != name


def test_the_address_of_a_handle_leads_nowhere_and_that_of_the_pseudonym_to_the_profile(
    visit: Any, ground: dict[str, str]
) -> None:
    ma = visit().sign_in("mali")

    assert [ma.get(f"/u/{HANDLE}{end}").status_code for end in ("", "/feed.atom")] == [404, 404]
    assert ma.get(f"/api/v1/users/{HANDLE}").status_code == 404
    assert str(Pseudonym.of(ground["pseudonym"])) in text_of(ma.get(f"/u/~{ground['pseudonym']}"))


@pytest.mark.parametrize("asked", ["q=Weihong", f"by={HANDLE}"])
def test_a_search_by_name_finds_nobody(visit: Any, ground: dict[str, str], asked: str) -> None:
    ma, teacher = visit().sign_in("mali"), visit().sign_in("ms-li")

    assert ma.get(f"/leaderboard.json?{asked}").json()["rows"] == []
    assert len(teacher.get(f"/leaderboard.json?{asked}").json()["rows"]) == 1


def test_a_search_by_pseudonym_finds_them_in_either_language(visit: Any, ground: dict[str, str]) -> None:
    name, ma = Pseudonym.of(ground["pseudonym"]), visit().sign_in("mali")
    asked = [{"q": str(name)}, {"q": translate(name, "zh")}, {"by": f"~{ground['pseudonym']}"}]
    found = [ma.get("/leaderboard.json", params=each).json()["rows"] for each in asked]

    assert [[line["title"] for line in lines] for lines in found] == [["fork of two"]] * 3


def test_after_closing_names_are_shown_and_the_old_address_still_leads_there(
    visit: Any, ground: dict[str, str]
) -> None:
    ma = visit().sign_in("mali")
    before = ma.get("/leaderboard.json")
    set_class(closes=now() - timedelta(seconds=1))
    after = ma.get("/leaderboard.json", headers={"If-None-Match": before.headers["etag"]})

    assert NAME in after.text
    assert NAME in text_of(ma.get(f"/u/~{ground['pseudonym']}"))
    assert f"@{HANDLE}" in text_of(ma.get("/s/1/comments"))


def test_the_etag_of_one_reader_is_not_that_of_another(visit: Any, ground: dict[str, str]) -> None:
    ma, teacher = visit().sign_in("mali"), visit().sign_in("ms-li")
    known = {"If-None-Match": teacher.get("/leaderboard.json").headers["etag"]}

    assert ma.get("/leaderboard.json", headers=known).status_code == 200


def test_a_mention_by_a_classmate_of_a_handle_they_cannot_know_tells_nobody(visit: Any, ground: dict[str, str]) -> None:
    ma = visit().sign_in("mali")
    ma.post("/discussion", {"text": f"@{HANDLE} is that you?"})

    assert f'href="/u/{HANDLE}"' not in ma.get("/discussion").text
    headers = {"Authorization": ground[HANDLE]}
    told = ma.client.get("/api/v1/notifications", headers=headers).json()["notifications"]
    assert sorted(each["kind"] for each in told if each["kind"] == "mention") == ["mention"] * 2


def test_who_leaves_has_no_pseudonym_any_more(visit: Any, ground: dict[str, str]) -> None:
    with session_scope() as session:
        depart(session, session.exec(select(User).where(User.handle == HANDLE)).one())
    page = text_of(visit().sign_in("mali").get("/s/1"))

    assert "former student" in page
    assert str(Pseudonym.of(ground["pseudonym"])) not in page


def test_every_user_gets_a_pseudonym_of_their_own(session: Session) -> None:
    keys = [add_user(session, f"student-{number}", "x", "student").pseudonym for number in range(30)]

    assert len(set(keys)) == 30
    assert all(re.fullmatch(r"[a-z]+-[a-z]+-\d+", key) for key in keys)


def test_a_visitor_who_is_a_member_of_nothing_reads_pseudonyms_with_a_wrong_token_too(
    visit: Any, ground: dict[str, str]
) -> None:
    answer = visit().client.get("/api/v1/leaderboard", headers={"Authorization": "Bearer mnb_wrong"})

    assert answer.status_code == 401


def test_a_visitors_page_is_in_pseudonyms(visit: Any, ground: dict[str, str]) -> None:
    visitor: Visitor = visit()

    assert str(Pseudonym.of(ground["pseudonym"])) in text_of(visitor.get("/"))


def test_a_webhook_tells_a_classmate_the_pseudonym_and_the_teacher_the_handle(ground: dict[str, str]) -> None:
    with session_scope() as session:
        people = {
            user.stored_id: user for user in session.exec(select(User)) if user.handle in (HANDLE, "mali", "ms-li")
        }
        hooks = {user_id: Webhook(user_id=user_id, url="https://example.org/hook", secret="x") for user_id in people}
        session.add_all(hooks.values())
        session.flush()
        handles = {hook.stored_id: people[user_id].handle for user_id, hook in hooks.items()}
        author = next(user for user in people.values() if user.handle == HANDLE)
        send_event(session, get_jobs(), RECORD, "key", author.stored_id, {"author": HANDLE})
    with session_scope() as session:
        told = {handles[hook_id]: body["data"]["author"] for hook_id, body in queued(session)}

    assert told == {HANDLE: HANDLE, "ms-li": HANDLE, "mali": f"~{ground['pseudonym']}"}


def test_a_teachers_mention_is_kept_under_the_pseudonym_and_tells_the_student(
    visit: Any, ground: dict[str, str]
) -> None:
    with session_scope() as session:
        text = session.exec(select(Comment.text).where(col(Comment.text).contains("well done"))).one()
    headers = {"Authorization": ground[HANDLE]}
    told = visit().client.get("/api/v1/notifications", headers=headers).json()["notifications"]

    assert text == f"well done @~{ground['pseudonym']}, see #2"
    assert any(each["kind"] == "mention" and each["by"] == "ms-li" for each in told)


def test_one_reader_in_a_request_is_nobody_in_the_next(visit: Any, ground: dict[str, str]) -> None:
    teacher = visit().sign_in("ms-li")
    assert NAME in text_of(teacher.get("/"))

    assert NAME not in text_of(visit().get("/"))
    assert NAME in text_of(teacher.get("/"))
