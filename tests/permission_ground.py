"""Four people and one of each thing that belongs to the first of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.core import claims
from app.core.accounts import add_sign_in_link, add_user
from app.core.blobs import get_blobs
from app.core.comments import add_comment
from app.core.database import session_scope
from app.core.runs import latest_run
from app.core.tables import Identity, Result, Submission, User, Webhook, now
from tests.board_factories import make_failure, make_result, make_submission, make_token
from tests.threads import make_posts
from tests.visitors import Visitor

SIGN_IN = "sign in"
PEOPLE = ("stranger", "other", "teacher", "owner")
# What the places in addresses stand for, unless a row says otherwise. Submission 1 has a public result.
PLACES = {
    "number": "1",
    "claim_id": "1",
    "comment_id": "1",
    "identity_id": "1",
    "token_id": "1",
    "webhook_id": "1",
    "notification_id": "1",
    "handle": "owner",
    "index": "3",
    "key": "nowhere",
    "secret": "made-up",
    "code": "made-up",
    "run_id": "nowhere",
    "action": "hide",
    "audit_id": "999",
}
WITHDRAWN = {"number": "2"}
FAILED = {"number": "3"}
EVALUATED_AGAIN = {"action": "reevaluate"}


@dataclass(frozen=True)
class Row:
    """Who gets what from an address. Statuses; `SIGN_IN`: sent to sign in. `send`: more for the request."""

    method: str
    path: str
    stranger: int | str
    other: int | str
    teacher: int | str
    owner: int | str
    places: dict[str, str] = field(default_factory=dict)
    send: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The path with its places filled."""
        return re.sub(r"\{(\w+)\}", lambda found: (PLACES | self.places)[found.group(1)], self.path)

    @property
    def expected(self) -> dict[str, int | str]:
        """What each person gets."""
        return {name: getattr(self, name) for name in PEOPLE}


def make_ground(client: TestClient) -> dict[str, Callable[[Row], int | str]]:
    """Fill the database; returns how each person sends a row's request."""
    tokens, links = fill_ground()
    return {name: _sender(client, tokens.get(name), links.get(name)) for name in PEOPLE}


def fill_ground() -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Fill the database; returns each person's headers with a token, and their sign-in links."""
    with session_scope() as session:
        users = {name: _make_user(session, name) for name in PEOPLE[1:]}
        tokens = {name: make_token(session, users[name]) for name in ("owner", "other", "teacher")}
        links = {name: add_sign_in_link(session, user) for name, user in users.items()}
        _make_things(session, users["owner"], users["other"])
    return tokens, links


def _make_user(session: Session, name: str) -> User:
    handle, role = ("ms-li", "teacher") if name == "teacher" else (name, "student")
    user = add_user(session, handle, name.title(), role)
    session.flush()
    return user


def _make_things(session: Session, owner: User, other: User) -> None:
    finished, withdrawn, failed = (make_submission(session, owner, title=str(number)) for number in (1, 2, 3))
    make_result(session, finished)
    make_result(session, withdrawn)
    withdrawn.withdrawn = now()
    make_failure(session, failed)
    _give_files(session, failed, finished, withdrawn)
    add_comment(session, owner, finished, "a comment of the owner")
    add_comment(session, other, finished, "of which the owner is notified")
    claims.save(session, claims.draft(session, make_posts("acc 98.47%")), None)
    identity = Identity(user_id=owner.stored_id, issuer="https://school.example", subject="1")
    webhook = Webhook(user_id=owner.stored_id, url="https://school.example/", secret="a" * 32)
    session.add_all([withdrawn, identity, webhook])


def _give_files(session: Session, failed: Submission, *trained: Submission) -> None:
    """A model file that nobody else may see yet, and trained weights."""
    file = get_blobs().store([b"content"], 100)
    failed.model, failed.model_file_sha256, failed.model_file_name = None, file.sha256, "net.py"
    for submission in trained:
        result = session.get_one(Result, latest_run(session, submission).id)
        result.weights_sha256 = file.sha256
        session.add(result)


def _sender(client: TestClient, token: dict[str, str] | None, link: str | None) -> Callable[[Row], int | str]:
    visitor = Visitor(client)
    if link:
        assert visitor.post(f"/sign-in/link/{link}").status_code == 303

    def send(row: Row) -> int | str:
        if row.path.startswith("/api/"):
            client.cookies = httpx.Cookies()
            body = row.send or ({} if row.method in ("GET", "DELETE") else {"json": {}})
            return client.request(row.method, row.address, headers=token, **body).status_code
        answer = visitor.get(row.address) if row.method == "GET" else visitor.post(row.address, **row.send)
        is_turned_away = answer.headers.get("location", "").startswith("/sign-in?next=")
        return SIGN_IN if is_turned_away else answer.status_code

    return send
