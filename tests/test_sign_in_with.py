"""Signing in with OpenID Connect, against a provider that runs here, and with GitHub, against one that speaks as it."""

import hashlib
import html
import json
import re
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from sqlmodel import Session, select

from app.core.accounts import add_sign_in_link
from app.core.database import session_scope
from app.core.errors import Conflict
from app.core.identities import Person, add_person, connect, disconnect, identities_of
from app.core.joining import the_class
from app.core.settings import get_settings
from app.core.tables import Identity, User
from tests.factories import make_member
from tests.visitors import Visit, Visitor, member, text_of, visit, visitor

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oidc_provider_mock

__all__ = ["member", "visit", "visitor"]
pytest_plugins = ["tests.postgres"]
# The provider, in a thread of this process, runs on parts of authlib that authlib is about to give up.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
CLAIMS = {"preferred_username": "Ma.Li", "name": "马丽"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that knows two people."""
    people = [oidc_provider_mock.User(sub="u-1", claims=CLAIMS), oidc_provider_mock.User(sub="u-2", claims={})]
    with oidc_provider_mock.run_server_in_thread(user_claims=people, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(autouse=True)
def providers(data_dir: object, monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    monkeypatch.setenv("OIDC_ISSUER", issuer)
    monkeypatch.setenv("OIDC_CLIENT_ID", "mnist")
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "a secret of the client")
    get_settings.cache_clear()


def confirm(url: str, subject: str = "u-1", **form: str) -> str:
    """Press the provider's button; returns where it sends the browser, as a path of ours."""
    answer = httpx.post(url, data={"sub": subject} | form)
    assert answer.status_code in (302, 303), answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def go(visitor: Visitor, subject: str = "u-1", path: str = "/sign-in/with/oidc", **form: str) -> httpx.Response:
    """The whole way: off to the provider, its button, and back."""
    return visitor.get(confirm(visitor.get(path).headers["location"], subject, **form))


def asked(visitor: Visitor) -> dict[str, str]:
    """What the provider is asked for."""
    query = urlsplit(visitor.get("/sign-in/with/oidc").headers["location"]).query
    return {name: values[0] for name, values in parse_qs(query).items()}


def set_sign_up(mode: str) -> str:
    with session_scope() as session:
        classroom = the_class(session)
        classroom.sign_up = mode
        session.add(classroom)
        return classroom.join_code


def users() -> list[str]:
    with session_scope() as session:
        return [user.handle for user in session.exec(select(User)) if user.role == "student"]


def test_the_sign_in_page_has_its_button(visitor: Visitor) -> None:
    assert "Continue with localhost" in text_of(visitor.get("/sign-in"))


def test_without_a_setting_there_is_no_button(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OIDC_ISSUER")
    get_settings.cache_clear()

    assert "Continue with" not in text_of(visitor.get("/sign-in"))
    assert visitor.get("/sign-in/with/oidc").status_code == 404


def test_who_is_new_joins_under_a_handle_like_theirs_and_goes_where_they_wanted(visitor: Visitor) -> None:
    answer = go(visitor, path="/sign-in/with/oidc?next=/digits")

    assert (answer.status_code, answer.headers["location"]) == (303, "/digits")
    assert users() == ["ma-li"]
    assert "马丽" in text_of(visitor.get("/"))


def test_who_comes_again_is_the_same_user(visitor: Visitor, visit: Visit) -> None:
    go(visitor)
    go(visit())

    assert users() == ["ma-li"]


def test_a_taken_handle_gets_a_number(visitor: Visitor, session: Session) -> None:
    make_member(session, "ma-li")
    session.commit()

    go(visitor)

    assert users() == ["ma-li", "ma-li-2"]


def test_who_tells_no_name_joins_all_the_same(visitor: Visitor) -> None:
    go(visitor, "u-2")

    assert users() == ["student"]


def test_another_page_cannot_be_the_goal(visitor: Visitor) -> None:
    assert go(visitor, path="/sign-in/with/oidc?next=//evil.example").headers["location"] == "/"


def test_the_request_carries_a_challenge_a_state_and_a_nonce(visitor: Visitor) -> None:
    first, second = asked(visitor), asked(visitor)

    assert first["code_challenge_method"] == "S256"
    assert first["scope"] == "openid profile"
    assert {name for name in first if first[name] != second[name]} == {"state", "nonce", "code_challenge"}


def test_an_answer_that_another_browser_began_is_refused(visitor: Visitor, visit: Visit) -> None:
    back = confirm(visitor.get("/sign-in/with/oidc").headers["location"])

    answer = visit().get(back)

    assert answer.status_code == 403
    assert "did not begin in this browser" in text_of(answer)
    assert users() == []


def test_an_answer_with_another_state_is_refused(visitor: Visitor) -> None:
    back = confirm(visitor.get("/sign-in/with/oidc").headers["location"])

    assert visitor.get(back.replace("state=", "state=x")).status_code == 403


def test_an_answer_works_once(visitor: Visitor) -> None:
    back = confirm(visitor.get("/sign-in/with/oidc").headers["location"])
    visitor.get(back)

    assert visitor.get(back).status_code == 403


def test_a_made_up_code_is_refused_with_the_providers_word(visitor: Visitor) -> None:
    state = asked(visitor)["state"]

    answer = visitor.get(f"/sign-in/with/oidc/callback?code=made-up&state={state}")

    assert answer.status_code == 403
    assert "invalid_grant" in text_of(answer)


def test_who_refuses_at_the_provider_is_told_so(visitor: Visitor) -> None:
    answer = visitor.get(f"/sign-in/with/oidc/callback?error=access_denied&state={asked(visitor)['state']}")

    assert answer.status_code == 403
    assert "access_denied" in text_of(answer)


def test_a_token_for_another_request_is_refused(visitor: Visitor) -> None:
    first = visitor.get("/sign-in/with/oidc").headers["location"]
    second = asked(visitor)
    nonce = parse_qs(urlsplit(first).query)["nonce"][0]
    swapped = first.replace(f"nonce={nonce}", "nonce=of-somebody-else")
    state = parse_qs(urlsplit(first).query)["state"][0]

    back = confirm(swapped).replace(state, second["state"])

    answer = visitor.get(back)
    assert answer.status_code == 403
    assert "nonce" in text_of(answer)


def test_a_provider_that_does_not_answer_is_our_problem(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "http://127.0.0.1:9")
    get_settings.cache_clear()

    answer = visitor.get("/sign-in/with/oidc")

    assert answer.status_code == 503
    assert "does not answer" in text_of(answer)


def test_a_closed_class_lets_nobody_new_in(visitor: Visitor) -> None:
    set_sign_up("closed")

    assert go(visitor).status_code == 403
    assert users() == []


def test_a_class_with_a_code_asks_for_its_link_first(visitor: Visitor) -> None:
    code = set_sign_up("code")

    assert "Open the join link of your class first" in text_of(go(visitor))
    assert users() == []
    assert go(visitor, path=f"/sign-in/with/oidc?code={code}").status_code == 303
    assert users() == ["ma-li"]


def test_the_join_link_passes_its_code_on(visitor: Visitor) -> None:
    code = set_sign_up("code")

    assert f"/sign-in/with/oidc?next=%2F&amp;code={code}" in visitor.get(f"/join/{code}").text.replace(
        "next=/", "next=%2F"
    )


def connect_link(visitor: Visitor) -> str:
    """The address behind the button of their own page."""
    found = re.search(r'href="(/sign-in/with/oidc[^"]+)"', visitor.get("/me").text)
    assert found
    return html.unescape(found.group(1))


def test_another_site_cannot_connect_its_account_with_mine(member: Visitor, visit: Visit) -> None:
    assert member.get("/sign-in/with/oidc").status_code == 403
    assert member.get(f"/sign-in/with/oidc?connect={visit().csrf_token()}").status_code == 403


def test_an_errand_to_sign_in_connects_nothing_later(visitor: Visitor, session: Session) -> None:
    make_member(session)
    session.commit()
    back = confirm(visitor.get("/sign-in/with/oidc").headers["location"])
    visitor.sign_in()

    assert visitor.get(back).status_code == 403
    assert session.exec(select(Identity)).all() == []


def test_a_member_connects_an_account_and_signs_in_with_it(member: Visitor, visit: Visit) -> None:
    assert go(member, path=connect_link(member)).headers["location"] == "/me"
    stranger = visit()
    go(stranger)

    assert "Zhou Yi" in text_of(stranger.get("/"))
    assert users() == ["zhou-yi"]


def test_an_account_of_somebody_else_cannot_be_connected(member: Visitor, visit: Visit) -> None:
    go(visit())

    answer = go(member, path=connect_link(member))

    assert answer.status_code == 409
    assert "belongs to somebody else here" in text_of(answer)


def test_the_last_way_in_cannot_be_disconnected(visitor: Visitor) -> None:
    go(visitor)

    answer = visitor.post(f"/me/accounts/{identity_id()}/disconnect")

    assert answer.status_code == 409
    assert "Set a password first" in text_of(answer)


def test_a_member_with_a_password_disconnects_it(member: Visitor) -> None:
    go(member, path=connect_link(member))

    assert member.post(f"/me/accounts/{identity_id()}/disconnect").status_code == 303

    with session_scope() as session:
        assert session.exec(select(Identity)).all() == []


def identity_id() -> int:
    with session_scope() as session:
        return session.exec(select(Identity)).one().stored_id


def test_who_left_is_not_found_again(visitor: Visitor, visit: Visit) -> None:
    go(visitor)
    visitor.post("/me/delete", {"handle": "ma-li"})

    go(visit())

    assert users()[1:] == ["ma-li"]


@dataclass
class GitHub:
    """What GitHub does at the three addresses that we use. It checks the client, the code and the proof key."""

    challenges: dict[str, str] = field(default_factory=dict)
    address: str = ""

    def press(self, url: str) -> str:
        """Somebody's consent; returns where the browser goes, as a path of ours."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.challenges["the-code"] = query["code_challenge"]
        return f"{urlsplit(query['redirect_uri']).path}?code=the-code&state={query['state']}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        is_right = self.challenges.get(form["code"]) == challenge and authorization.startswith("Basic ")
        return {"access_token": "for-github"} if is_right else {"error": "bad_verification_code"}


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    made = GitHub()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(text).items()}
            self._tell(made.token(form, self.headers.get("Authorization", "")))

        def do_GET(self) -> None:
            is_known = self.headers["Authorization"] == "Bearer for-github"
            self._tell({"id": 4711, "login": "Octo-Cat", "name": None} if is_known else {"message": "Bad credentials"})

        def _tell(self, told: dict[str, Any]) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    for name, value in (("URL", made.address), ("CLIENT_ID", "id"), ("CLIENT_SECRET", "secret")):
        monkeypatch.setenv(f"GITHUB_{name}", value)
    get_settings.cache_clear()
    yield made
    server.shutdown()
    server.server_close()


def test_github_signs_in_by_its_number_and_checks_our_proof_key(visitor: Visitor, github: GitHub) -> None:
    back = github.press(visitor.get("/sign-in/with/github").headers["location"])

    assert visitor.get(back).status_code == 303

    assert users() == ["octo-cat"]
    with session_scope() as session:
        assert session.exec(select(Identity.subject)).one() == "4711"


def test_github_refuses_the_code_of_another_browser(visitor: Visitor, visit: Visit, github: GitHub) -> None:
    back = github.press(visitor.get("/sign-in/with/github").headers["location"])
    thief = visit()
    state = parse_qs(urlsplit(thief.get("/sign-in/with/github").headers["location"]).query)["state"][0]

    answer = thief.get(f"{urlsplit(back).path}?code=the-code&state={state}")

    assert answer.status_code == 403
    assert "bad_verification_code" in text_of(answer)


def test_a_link_of_the_teacher_works_beside_a_connected_account(visitor: Visitor, visit: Visit) -> None:
    go(visitor)
    with session_scope() as session:
        secret = add_sign_in_link(session, session.exec(select(User).where(User.handle == "ma-li")).one())

    assert visit().post(f"/sign-in/link/{secret}").headers["location"] == "/me/password"


def test_an_answer_of_another_provider_is_not_shown_to_this_one(visitor: Visitor, issuer: str) -> None:
    """Mix-up (RFC 9207): the code would go to whoever the attacker wants."""
    back = confirm(visitor.get("/sign-in/with/oidc").headers["location"])

    mixed = visitor.get(f"{back}&iss=https%3A%2F%2Fevil.example")

    assert mixed.status_code == 403
    assert users() == []
    assert visitor.get(f"{back}&iss={quote(issuer, safe='')}").status_code == 303


def test_an_errand_to_one_provider_is_not_finished_with_another(visitor: Visitor, github: GitHub) -> None:
    back = confirm(visitor.get("/sign-in/with/oidc").headers["location"])

    assert visitor.get(back.replace("/oidc/", "/github/")).status_code == 403
    assert users() == []


def test_an_errand_is_not_made_up(visitor: Visitor) -> None:
    state = parse_qs(urlsplit(visitor.get("/sign-in/with/oidc").headers["location"]).query)["state"][0]
    visitor.cookies.delete("errand")
    visitor.cookies.set("errand", "eyJzdGF0ZSI6ICJ4In0.forged.forged")

    assert visitor.get(f"/sign-in/with/oidc/callback?code=x&state={state}").status_code == 403
    assert visitor.get("/sign-in/with/oidc/callback?code=x&state=").status_code == 403


def test_one_account_that_comes_twice_at_once_makes_one_user(either_database: str) -> None:
    person = Person("https://school.example", "u-1", "ma-li", "Ma Li")

    def come(_: int) -> str:
        with session_scope() as session:
            return add_person(session, person).handle

    with ThreadPoolExecutor(4) as threads:
        came = set(threads.map(come, range(4)))

    assert came == {"ma-li"}
    with session_scope() as session:
        assert len(session.exec(select(Identity)).all()) == 1
        assert [user.handle for user in session.exec(select(User)) if user.role == "student"] == ["ma-li"]


def test_two_ways_in_that_are_given_up_at_once_leave_one(either_database: str) -> None:
    with session_scope() as session:
        user = add_person(session, Person("https://school.example", "u-1", "ma-li", "Ma Li"))
        connect(session, user, Person("https://other.example", "u-1", "ma-li", "Ma Li"))
        ids = [each.stored_id for each in identities_of(session, user)]

    def give_up(identity: int) -> bool:
        try:
            with session_scope() as session:
                disconnect(session, session.get_one(User, user.id), identity)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(give_up, ids)) == [False, True]
