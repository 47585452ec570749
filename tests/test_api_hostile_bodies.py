"""What no client of good will sends to the API: it gets a refusal that says why, and never an error of ours.

On both databases, for each refuses other things. They share one service: nothing here depends on what was sent before.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.database import session_scope
from tests.api import SUBMISSIONS, Api
from tests.board_factories import make_token, make_user
from tests.conftest import clear_caches

pytest_plugins = ["tests.api_fixtures", "tests.postgres"]

DISCUSSION = "/api/v1/discussion"
JSON = {"Content-Type": "application/json"}
DEEP = 100_000
BROKEN_JSON = {
    "nothing": b"",
    "half an object": b'{"text": "a',
    "no JSON": b"text=Hello",
    "a list": b'["text"]',
    "a number": b"1",
    "null": b"null",
    "NaN": b'{"text": NaN}',
    "Infinity": b'{"text": -Infinity}',
    "a number beyond all digits": b'{"text": ' + b"9" * 5000 + b"}",
    "lists without end": b"[" * DEEP,
    "lists in lists": b'{"text": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep enough to hurt later": b'{"text": ' + b"[" * 200 + b"]" * 200 + b"}",
    "objects in objects": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "half a surrogate pair": rb'{"text": "\ud800"}',
    "half a pair as a name": rb'{"\udfff": 1}',
    "NUL": rb'{"text": "a\u0000b"}',
    "NUL in a name": rb'{"a\u0000b": 1}',
    "bytes that are no UTF-8": b'{"text": "\xff\xfe"}',
    "a surrogate as bytes": b'{"text": "\xed\xa0\x80"}',
    "UTF-16 without its mark": '{"text": "a"}'.encode("utf-16-le")[:-1],
    "a NUL byte": b'{"text": "a"}\0',
}
WRITES = [
    ("POST", SUBMISSIONS),
    ("POST", "/api/v1/checks"),
    ("POST", "/api/v1/claims/import"),
    ("POST", DISCUSSION),
    ("PATCH", "/api/v1/me"),
    ("PATCH", "/api/v1/class"),
    ("POST", "/api/v1/tokens"),
    ("POST", "/api/v1/webhooks"),
    ("POST", "/api/v1/users"),
]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def api(
    request: pytest.FixtureRequest, app: FastAPI, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copy(migrated_sqlite, folder / "board.sqlite")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DATA_DIR", str(folder))
        patched.setenv("SECRET_KEY", "a key for tests only")
        patched.setenv("API_REQUESTS_PER_MINUTE_PER_ADDRESS", "0")
        patched.setenv("API_REQUESTS_PER_MINUTE", "0")
        patched.delenv("DATABASE_URL", raising=False)
        if request.param == "postgres":
            patched.setenv("DATABASE_URL", request.getfixturevalue("postgres_server").create_migrated())
        clear_caches()
        with session_scope() as session:
            people = [make_token(session, make_user(session, *who)) for who in (("a",), ("b",), ("ms-li", "teacher"))]
        with TestClient(app, raise_server_exceptions=False) as client:
            yield Api(client, *people, folder)
        clear_caches()


def is_refused(answer: Any) -> bool:
    """With a problem of ours, and not by accident."""
    assert 400 <= answer.status_code < 500, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    return True


@pytest.mark.parametrize("body", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_what_is_no_json_is_refused(api: Api, method: str, path: str, body: bytes) -> None:
    assert is_refused(api.client.request(method, path, content=body, headers=api.teacher | JSON))


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/xml",
        "application/json; charset=utf-7",
        "application/json; charset=unicode_escape",
        "application/json; charset=base64",
        "application/json; charset=\xff",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 300,
        "multipart/form-data; boundary=x; charset=idna",
        "application/x-www-form-urlencoded; charset=utf-16",
        "a" * 5000,
        ";;;",
    ],
)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_bodies_of_other_kinds_are_refused(api: Api, method: str, path: str, kind: str) -> None:
    headers = [*api.teacher.items(), ("Content-Type", kind.encode("latin-1"))]

    assert is_refused(api.client.request(method, path, content=b'{"text": "Hello"}', headers=headers))


VALUES = {
    "null": None,
    "a truth": True,
    "a large number": 10**400,
    "a number beyond 64 bits": 2**63,
    "a fraction": 1e308,
    "a list": [1],
    "an object": {"a": 1},
    "much text": "x" * 500_000,
    "invisible text": "\u202e\u200b\ufeff",
    "control characters": "\x01\x1b[31m\r\n",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("name", ["title", "notes", "parent", "claimed_accuracy", "options", "recipe", "model_file_of"])
def test_odd_values_of_a_submission_are_no_error_of_ours(api: Api, name: str, value: Any) -> None:
    body = {"model": "yannet", name: value}
    answer = api.client.post(SUBMISSIONS, content=json.dumps(body), headers=api.teacher | JSON)

    assert answer.status_code in (201, 422)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("name", ["epochs", "learning_rate", "batch_size", "seed", "optimizer", "momentum"])
def test_odd_values_of_a_recipe_are_no_error_of_ours(api: Api, name: str, value: Any) -> None:
    body = {"model": "yannet", "recipe": {name: value}}
    answer = api.client.post(SUBMISSIONS, content=json.dumps(body), headers=api.teacher | JSON)

    assert answer.status_code in (201, 422)


ADDRESSES = [
    "/api/v1/users/%00",
    "/api/v1/users/a%00b",
    "/api/v1/users/%ff",
    "/api/v1/users/%ed%a0%80",
    "/api/v1/users/" + "a" * 5000,
    "/api/v1/users/%E2%80%AE",
    "/api/v1/users/..%2f..%2fetc%2fpasswd",
    "/api/v1/submissions/99999999999999999999",
    "/api/v1/submissions/-1",
    "/api/v1/submissions/1e3",
    "/api/v1/submissions/%00",
    "/api/v1/submissions?cursor=%00",
    "/api/v1/leaderboard?q=%00",
    "/api/v1/leaderboard?q=%ff",
    "/api/v1/leaderboard?q=%ed%a0%80",
    "/api/v1/leaderboard?cursor=%00%01",
    "/api/v1/leaderboard?limit=9999999999999999999999",
    "/api/v1/leaderboard?%00=1",
    "/api/v1/claims?cursor=99999999999999999999",
    "/api/v1/compare?a=99999999999999999999&b=1",
    "/api/v1/digits/99999999999999999999",
    "/api/v1/discussion?cursor=NaN",
    "/api/v1/comments/99999999999999999999",
    "/api/v1/status?fields=%00",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_odd_addresses_are_refused(api: Api, address: str) -> None:
    assert is_refused(api.client.get(address, headers=api.teacher))


@pytest.mark.parametrize("path", ["/u/%00", "/u/%ff", "/s/%00", "/?q=%00", "/?q=%ff", "/%00", "/teach?q=%00"])
def test_odd_addresses_of_pages_are_pages_too(api: Api, path: str) -> None:
    answer = api.client.get(path)

    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"].startswith("text/html")


HEADERS = {
    "a token of other bytes": ("Authorization", b"Bearer \xff\xfe"),
    "no scheme": ("Authorization", b"mnb_1"),
    "a long token": ("Authorization", b"Bearer " + b"x" * 60_000),
    "half a password": ("Authorization", b"Basic ////"),
    "a password of other bytes": ("Authorization", b"Basic /////w=="),
    "NUL in a password": ("Authorization", b"Basic AGE6AGI="),
    "a cookie of other bytes": ("Cookie", b"session=\xff; browser=\xfe"),
    "no language": ("Accept-Language", b"\xff;q=nan,zh;q=1e999,;;;"),
    "no ETag": ("If-None-Match", b"\xff\"'"),
    "no key": ("Idempotency-Key", b"\xff"),
    "no event": ("Last-Event-ID", b"9" * 400),
    "no length": ("X-Forwarded-For", b"\xff"),
    "a range": ("Range", b"bytes=9999999999999999999-1"),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/me"),
        ("GET", "/api/v1/leaderboard"),
        ("GET", "/api/v1/submissions/99/events"),
        ("POST", "/api/v1/tokens"),
        ("DELETE", "/api/v1/me"),
        ("PUT", "/api/v1/me/password"),
    ],
)
def test_odd_headers_are_no_error_of_ours(api: Api, method: str, path: str, header: tuple[str, bytes]) -> None:
    answer = api.client.request(method, path, headers=[header])

    assert answer.status_code < 500


FORMS = {
    "NUL in a title": [("title", (None, b"a\0b"))],
    "a title that is no UTF-8": [("title", (None, b"\xff\xfe"))],
    "the same field twice": [("title", (None, b"a")), ("title", (None, b"b"))],
    "a file as a title": [("title", ("a.txt", b"a"))],
    "a text as a file": [("model_file", (None, b"text"))],
    "a file without a name": [("model_file", ("", b"text"))],
    "a path as a name": [("model_file", ("../../etc/passwd\\..\\net.py", b"x = 1"))],
    "NUL in a name": [("model_file", ("a\0.py", b"x = 1"))],
    "a field without a name": [("", (None, b"a"))],
    "very many fields": [(f"option.{number}", (None, b"1")) for number in range(3000)],
    "NaN": [("learning_rate", (None, b"nan"))],
    "a large number": [("epochs", (None, b"9" * 5000))],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("path", [SUBMISSIONS, "/api/v1/checks", "/api/v1/claims/import"])
def test_odd_forms_are_refused(api: Api, path: str, form: Any) -> None:
    answer = api.client.post(path, files=[("model", (None, b"yannet")), *form], headers=api.teacher)

    assert answer.status_code in (201, 400, 413, 422, 503)


def test_a_body_without_an_end_is_refused(api: Api) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nabc'
    headers = api.owner | {"Content-Type": "multipart/form-data; boundary=x"}

    assert is_refused(api.client.post(SUBMISSIONS, content=body, headers=headers))


def test_a_length_that_is_no_number_is_no_error_of_ours(api: Api) -> None:
    headers = api.owner | JSON | {"Content-Length": "²"}
    answer = api.client.post(DISCUSSION, content=b"{}", headers=[(k, v.encode("latin-1")) for k, v in headers.items()])

    assert answer.status_code == 422


def test_a_nul_is_told_by_the_name_of_its_field(api: Api) -> None:
    body = {"model": "yannet", "recipe": {"optimizer": ["a\0"]}, "notes": r"a \u0000 that is written out"}
    answer = api.client.post(SUBMISSIONS, json=body, headers=api.teacher)

    assert answer.status_code == 422
    assert answer.json()["fields"].keys() == {"recipe"}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", SUBMISSIONS, '{"model": "yannet", "recipe": {"learning_rate": %s}}'),
        ("POST", SUBMISSIONS, '{"model": "yannet", "options": {"dropout": %s}}'),
        ("POST", SUBMISSIONS, '{"model": "yannet", "claimed_accuracy": %s}'),
        ("PATCH", "/api/v1/class", '{"daily_quota": %s}'),
        ("POST", "/api/v1/claims/import", '{"thread": "acc 98%%", "save": %s}'),
        ("POST", DISCUSSION, '{"text": %s}'),
    ],
)
def test_what_is_no_number_is_refused_for_its_field(api: Api, method: str, path: str, body: str, number: str) -> None:
    answer = api.client.request(method, path, content=body % number, headers=api.teacher | JSON)

    assert answer.status_code == 422
    assert answer.json()["fields"]
