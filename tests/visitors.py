"""People with a browser that runs no scripts: cookies, links, forms."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.types import ASGIApp

from app.core.database import session_scope
from app.web.main import create_app
from tests.factories import PASSWORD, make_member

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Visitor:
    """One browser. Reads English unless told otherwise."""

    client: TestClient
    language: str = "en"
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Open a page; redirects are not followed."""
        return self._send("GET", path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """Send a form of ours."""
        return self._send("POST", path, data={"csrf_token": self.csrf_token()} | (data or {}), **options)

    def csrf_token(self) -> str:
        """The token of a page just opened."""
        found = TOKEN.search(self.get("/about").text)
        assert found
        return found.group(1)

    def sign_in(self, handle: str = "zhou-yi", password: str = PASSWORD) -> "Visitor":
        """Sign in with the form."""
        response = self.post("/sign-in", {"handle": handle, "password": password})
        assert response.status_code == 303
        return self

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Accept-Language": self.language} | options.pop("headers", {})
        # One client serves several people: its own cookie jar must not mix them.
        self.client.cookies = self.cookies
        response: httpx.Response = self.client.request(method, path, headers=headers, follow_redirects=False, **options)
        self.cookies = self.client.cookies
        return response


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(data_dir: Path) -> Iterator[Visit]:
    """Makes visitors of one service."""
    app: ASGIApp = create_app()
    with TestClient(app, raise_server_exceptions=False) as client:
        yield lambda **more: Visitor(client, **more)


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    """A stranger."""
    return visit()


@pytest.fixture
def member(visit: Visit) -> Visitor:
    """Zhou Yi, signed in."""
    with session_scope() as session:
        make_member(session)
    return visit().sign_in()


def text_of(response: httpx.Response) -> str:
    """What a page says, without its markup."""
    body = re.sub(r"<(script|style|head)\b.*?</\1>", " ", response.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def error_beside(response: httpx.Response, field: str) -> str:
    """The sentence beside a field that says what is wrong with it."""
    found = re.search(rf'id="f-{re.escape(field)}-error">([^<]+)<', response.text)
    assert found, f"no error beside {field}"
    return html.unescape(found.group(1))
