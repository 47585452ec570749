"""My data: all of it, with the files, and nothing of others."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.accounts import find_user
from app.core.blobs import get_blobs
from app.core.database import session_scope
from app.core.own_data import own_files
from app.core.tables import Submission, User
from tests.board_factories import make_token
from tests.permission_ground import make_ground
from tests.visitors import Visitor, member, visit

__all__ = ["member", "visit"]
pytest_plugins = ["tests.api_fixtures"]
EXPORT = "/api/v1/me/export"
Caller = Callable[[str], Any]


@pytest.fixture
def owner(data_dir: Path, app: FastAPI) -> Iterator[Caller]:
    """Somebody who has one of everything, and reads with a token."""
    with TestClient(app, raise_server_exceptions=False) as client:
        make_ground(client)
        with session_scope() as session:
            found = find_user(session, "owner")
            assert found is not None
            headers = make_token(session, found)
        yield lambda path: client.get(path, headers=headers)


def test_one_of_everything_is_in_it(owner: Caller) -> None:
    data = owner(EXPORT).json()

    assert data["user"]["handle"] == "owner"
    assert [each["title"] for each in data["submissions"]] == ["1", "2", "3"]
    assert data["submissions"][0]["runs"][0]["result"]["correct"] == 980
    assert data["submissions"][2]["runs"][0]["outcome"] == "diverged"
    sizes = {name: len(rows) for name, rows in data.items() if isinstance(rows, list)}
    assert sizes["comments"] == sizes["webhooks"] == sizes["connected_accounts"] == 1
    assert sizes["notifications"] >= 1
    assert "of which the owner is notified" not in json.dumps(data["comments"])


def test_no_hash_of_a_secret_is_in_it(owner: Caller) -> None:
    text = owner(EXPORT).text

    assert [
        word for word in ("password_hash", "session_mark", "token_sha256", "argon2", "a" * 32) if word in text
    ] == []


def test_the_archive_holds_the_same_and_the_files(owner: Caller) -> None:
    answer = owner(f"{EXPORT}.zip")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {
            "data.json",
            "files/1/trained-1.safetensors",
            "files/2/trained-1.safetensors",
            "files/3/net.py",
        }
        assert archive.read("files/3/net.py") == b"content"
        assert json.loads(archive.read("data.json"))["user"]["handle"] == "owner"


def test_the_page_gives_the_same_to_a_browser(member: Visitor) -> None:
    archive, data = member.get("/me/export"), member.get("/me/export.json")

    assert "mnist-benchmark-zhou-yi.zip" in archive.headers["content-disposition"]
    assert data.json()["user"]["name"] == "Zhou Yi"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\evil.py", "evil.py"),
        ("a\x00b.py", "a_b.py"),
        ("..", "model"),
        ("", "model"),
    ],
)
def test_unpacking_never_leaves_its_folder(owner: Caller, name: str, kept: str) -> None:
    with session_scope() as session:
        submission = session.get_one(Submission, 3)
        submission.model_file_name = name
        session.add(submission)
        names = list(own_files(session, session.get_one(User, submission.user_id)))

    assert f"3/{kept}" in names
    assert all(".." not in PurePosixPath(each).parts for each in names)


def test_a_large_file_comes_whole(owner: Caller) -> None:
    large = b"0123456789" * 500_000
    with session_scope() as session:
        submission = session.get_one(Submission, 3)
        submission.model_file_sha256 = get_blobs().store([large], 10**8).sha256
        session.add(submission)

    content = owner(f"{EXPORT}.zip").content

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("files/3/net.py") == large
