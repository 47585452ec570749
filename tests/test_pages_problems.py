"""Errors, headers, health."""

import re
import sqlite3
from pathlib import Path

import pytest
import structlog
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from app.core.settings import get_settings
from app.web import problems
from app.web.main import create_app
from tests.conftest import clear_caches
from tests.visitors import Visitor, text_of, visit, visitor

__all__ = ["visit", "visitor"]


def test_an_unknown_page_says_so_in_the_readers_language(visitor: Visitor) -> None:
    response = visitor.get("/no-such-page")
    assert response.status_code == 404
    assert "There is no page at this address." in text_of(response)
    visitor.language = "zh-CN"
    assert "这个网址没有对应的页面。" in text_of(visitor.get("/no-such-page"))


def test_an_error_page_names_the_request(visitor: Visitor) -> None:
    response = visitor.get("/no-such-page")
    assert f"Request {response.headers['x-request-id']}" in text_of(response)


def test_a_wrong_method_is_answered(visitor: Visitor) -> None:
    response = visitor.get("/theme")
    assert response.status_code == 405
    assert "does not answer to that kind of request" in text_of(response)


def test_programs_get_problem_json(visitor: Visitor) -> None:
    response = visitor.get("/api/v1/no-such-thing", headers={"Accept-Language": ""})
    body = response.json()
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert body["code"] == "not_found"
    assert body["detail"] == "There is no page at this address."
    assert response.headers["x-request-id"] in body["instance"]


def test_programs_may_ask_for_chinese(visitor: Visitor) -> None:
    response = visitor.get("/api/v1/submissions/77", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert response.json()["detail"] == "没有提交 #77。"
    assert response.headers["content-language"] == "zh"


def test_a_parameter_that_cannot_be_read_is_named_to_programs(visitor: Visitor) -> None:
    response = visitor.get("/api/v1/submissions/abc")
    assert response.status_code == 422
    assert "number cannot be used" in response.json()["fields"]["number"]


@pytest.fixture
def broken(data_dir: Path) -> TestClient:
    """An application one page of which has a mistake."""
    app = create_app()

    def fail() -> None:
        raise RuntimeError("secret detail")

    app.add_api_route("/broken", fail)
    app.add_api_route("/api/broken", fail)
    return TestClient(app, raise_server_exceptions=False)


def test_our_own_mistake_tells_a_number_and_nothing_else(broken: TestClient) -> None:
    response = broken.get("/broken", headers={"Accept-Language": "en"})
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text
    assert response.headers["x-request-id"] in response.text
    assert "content-security-policy" in response.headers
    assert "secret" not in response.text


def test_our_own_mistake_is_problem_json_for_programs(broken: TestClient) -> None:
    response = broken.get("/api/broken")
    assert response.json()["code"] == "internal"
    assert "secret" not in response.text


def test_our_own_mistake_is_logged_with_its_number(broken: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "log", structlog.get_logger())
    with capture_logs() as logged:
        number = broken.get("/broken").headers["x-request-id"]
    assert [(line["request_id"], line["path"], str(line["exc_info"])) for line in logged] == [
        (number, "/broken", "secret detail")
    ]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/no-such-page", "/static/app.css", "/healthz", "/api/v1/models"])
def test_every_answer_keeps_browsers_from_harm(visitor: Visitor, path: str) -> None:
    headers = visitor.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_pages_hold_no_inline_script(visitor: Visitor) -> None:
    assert re.findall(r"<script(?![^>]*\ssrc=)", visitor.get("/").text) == []
    assert re.findall(r"\son\w+=", visitor.get("/").text) == []


def test_pages_are_compressed(visitor: Visitor) -> None:
    assert visitor.get("/", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"


def test_static_addresses_carry_their_contents_mark(visitor: Visitor) -> None:
    address = re.findall(r'href="(/static/app\.css\?v=[0-9a-f]{8})"', visitor.get("/").text)[0]
    response = visitor.get(address)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert visitor.get("/static/page.js").headers["cache-control"] == "no-cache"


def test_the_interface_is_described(visitor: Visitor) -> None:
    paths = visitor.get("/openapi.json").json()["paths"]
    assert "/api/v1/submissions" in paths
    assert all(path.startswith("/api/v1/") for path in paths)


def test_no_foreign_documentation_page_is_served(visitor: Visitor) -> None:
    assert visitor.get("/docs").status_code == visitor.get("/redoc").status_code == 404


def test_a_ready_service_says_so(visitor: Visitor) -> None:
    response = visitor.get("/readyz")
    assert response.json() == {"status": "ready", "last_heartbeat_age_s": None}


def test_a_database_at_another_version_is_not_ready(visitor: Visitor, data_dir: Path) -> None:
    with sqlite3.connect(data_dir / "board.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'older'")
    response = visitor.get("/readyz")
    assert response.status_code == 503
    assert "run “mnist-benchmark migrate”" in response.json()["detail"]
    assert visitor.get("/healthz").status_code == 200


def test_an_engine_without_tables_is_not_ready(visitor: Visitor, data_dir: Path) -> None:
    with sqlite3.connect(data_dir / "board.sqlite") as connection:
        connection.execute("UPDATE dbos_migrations SET version = 0")
    response = visitor.get("/readyz")
    assert response.status_code == 503
    assert "migrate" in response.json()["detail"]


def test_a_database_out_of_reach_is_not_ready(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    clear_caches()
    response = visitor.get("/readyz")
    assert response.status_code == 503
    assert response.json()["code"] == "not_ready"
    assert "The database cannot be used (OperationalError)." in response.json()["detail"]
    assert visitor.get("/healthz").json() == {"status": "alive"}
    assert get_settings().database_url
