"""Forms of other sites: every form of ours refuses what does not come from a page of ours, whoever is signed in."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.accounts import add_sign_in_link
from app.core.database import session_scope
from tests.conftest import clear_caches
from tests.factories import PASSWORD, make_member
from tests.permission_ground import PLACES
from tests.routes import all_routes
from tests.visitors import Visitor

pytest_plugins = ["tests.api_fixtures"]
# Each of these forms is tried in every way that another site could send it.
FORGERIES = ("none", "empty", "made up", "of a stranger", "of another user", "of another browser", "as a query")
# Put in by another site of the same domain: the one cookie that decides, known to the attacker.
KNOWN_BROWSER = "browser-of-the-attacker"


@dataclass
class Stage:
    """One service, with a member who is signed in, and the tokens that an attacker can get hold of."""

    client: TestClient
    victim: Visitor
    tokens: dict[str, str | None]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, app: FastAPI) -> Iterator[Stage]:
    """Made once: what is refused changes nothing."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("forms")
    shutil.copy(migrated_sqlite, folder / "board.sqlite")
    patch.setenv("DATA_DIR", str(folder))
    patch.setenv("SECRET_KEY", "a key for tests only")
    clear_caches()
    with session_scope() as session:
        make_member(session)
        make_member(session, "attacker", "Mallory")
    with TestClient(app, raise_server_exceptions=False) as client:
        victim, attacker, stranger = Visitor(client), Visitor(client), Visitor(client)
        victim.sign_in()
        attacker.sign_in("attacker")
        other_browser = Visitor(client).sign_in()
        tokens = {
            "none": None,
            "empty": "",
            "made up": "0123456789abcdef." + "0" * 64,
            "of a stranger": stranger.csrf_token(),
            "of another user": attacker.csrf_token(),
            "of another browser": other_browser.csrf_token(),
            "as a query": victim.csrf_token(),
        }
        yield Stage(client, victim, tokens)
    clear_caches()
    patch.undo()


def form_paths(app: FastAPI) -> list[str]:
    pages = {path for method, path in all_routes(app) if method == "POST" and not path.startswith("/api/")}
    return sorted(re.sub(r"\{(\w+)\}", lambda found: PLACES[found.group(1)], path) for path in pages)


def send(stage: Stage, path: str, forgery: str) -> int:
    token = stage.tokens[forgery]
    stage.client.cookies = stage.victim.cookies
    query = f"?csrf_token={token}" if forgery == "as a query" else ""
    data = {} if token is None or query else {"csrf_token": token}
    answer = stage.client.post(path + query, data=data | {"handle": "x", "name": "x"}, follow_redirects=False)
    return answer.status_code


def test_every_form_refuses_what_is_not_from_our_pages(stage: Stage, app: FastAPI) -> None:
    paths = form_paths(app)

    answers = {(path, forgery): send(stage, path, forgery) for path in paths for forgery in FORGERIES}

    assert len(paths) >= 40
    assert {key for key, status in answers.items() if status != 403} == set()


def test_the_ones_with_a_file_refuse_it_too(stage: Stage) -> None:
    stage.client.cookies = stage.victim.cookies
    files = {"model_file": ("net.py", b"x = 1", "text/x-python")}

    answer = stage.client.post("/submit", data={"csrf_token": "x.y"}, files=files, follow_redirects=False)

    assert answer.status_code == 403


def test_a_stranger_cannot_be_signed_in_by_another_site(stage: Stage) -> None:
    """Login CSRF: the victim would then work in the attacker's account."""
    stage.client.cookies = Visitor(stage.client).cookies
    form = {"handle": "attacker", "password": PASSWORD, "csrf_token": stage.tokens["of a stranger"]}

    answer = stage.client.post("/sign-in", data=form, follow_redirects=False)

    assert answer.status_code == 403
    assert "session" not in answer.cookies


def test_a_link_of_the_attackers_signs_nobody_in_without_their_click(stage: Stage) -> None:
    with session_scope() as session:
        secret = add_sign_in_link(session, make_member(session, "lender", "Lena"))
    stage.client.cookies = Visitor(stage.client).cookies

    opened = stage.client.get(f"/sign-in/link/{secret}", follow_redirects=False)
    forged = stage.client.post(f"/sign-in/link/{secret}", follow_redirects=False)

    assert ("session" in opened.cookies, forged.status_code) == (False, 403)


def test_a_browser_cookie_that_the_attacker_put_in_opens_no_form_of_a_member(stage: Stage) -> None:
    """A neighbour under the same domain can set cookies, and make tokens for them; but not for who is signed in."""
    attacker = Visitor(stage.client)
    attacker.cookies.set("browser", KNOWN_BROWSER)
    token = attacker.csrf_token()
    victim = Visitor(stage.client)
    victim.cookies = stage.client.cookies.__class__(stage.victim.cookies)
    victim.cookies.delete("browser")
    victim.cookies.set("browser", KNOWN_BROWSER)

    assert victim.post("/me/name", {"name": "Owned", "csrf_token": token}).status_code == 403


def test_no_page_answers_a_form_with_another_method(stage: Stage, app: FastAPI) -> None:
    """A picture's address is fetched with GET: none of these may do by GET what its form does."""
    paths = {path for method, path in all_routes(app) if method == "POST" and not path.startswith("/api/")}
    with_get = {path for method, path in all_routes(app) if method == "GET"}
    stage.client.cookies = stage.victim.cookies

    statuses = {
        path: stage.client.get(
            re.sub(r"\{(\w+)\}", lambda found: PLACES[found.group(1)], path), follow_redirects=False
        ).status_code
        for path in paths - with_get
    }

    assert {path for path, status in statuses.items() if status not in (404, 405)} == set()
