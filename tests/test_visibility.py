"""A class that keeps to itself: visitors find the way in, and nothing else."""

import html
import re

import pytest

from app.core.database import session_scope
from app.core.joining import the_class
from tests.api import Api
from tests.factories import PASSWORD
from tests.permissions import ROWS
from tests.visitors import Visitor, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
pytest_plugins = ["tests.api_fixtures"]
OPEN_PAGES = {
    "/join",
    "/join/made-up",
    "/sign-in",
    "/sign-in/link/made-up",
    "/sign-in/with/nowhere",
    "/sign-in/with/nowhere/callback",
    "/healthz",
    "/readyz",
    "/openapi.json",
}
READ = [row for row in ROWS if row.method == "GET"]
FEEDS = {row.address for row in READ if row.path.endswith(".atom")}


@pytest.fixture(autouse=True)
def only_the_class_reads(member: Visitor) -> None:
    """Zhou Yi has signed in before."""
    with session_scope() as session:
        classroom = the_class(session)
        classroom.visibility = "class"
        session.add(classroom)


def test_a_visitor_is_sent_to_sign_in_from_every_page(visitor: Visitor) -> None:
    paths = {row.address for row in READ if not row.path.startswith("/api/")} - OPEN_PAGES - FEEDS

    answers = {path: visitor.get(path) for path in paths}

    assert {path for path, answer in answers.items() if answer.status_code != 303} == set()
    assert {answer.headers["location"].partition("next=")[0] for answer in answers.values()} == {"/sign-in?"}


@pytest.mark.parametrize("path", ["/join", "/sign-in", "/sign-in/link/made-up", "/healthz", "/readyz"])
def test_the_way_in_stays_open(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 200


def test_who_signs_in_reads(member: Visitor) -> None:
    assert "Zhou Yi" in text_of(member.get("/"))


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}], ids=["nothing", "a password"])
def test_the_api_needs_a_token_for_all_that_is_read(api: Api, headers: dict[str, str]) -> None:
    paths = {row.address for row in READ if row.path.startswith("/api/")}

    statuses = {path: api.client.get(path, headers=headers).status_code for path in paths}

    assert {path for path, status in statuses.items() if status != 401} == set()


def test_with_a_token_the_board_is_read(api: Api) -> None:
    assert api.client.get("/api/v1/leaderboard", headers=api.owner).status_code == 200


def feed_addresses(member: Visitor) -> list[str]:
    """With the member's key, from their page of notifications."""
    return [html.unescape(found) for found in re.findall(r'href="([^"]+key=[^"]+)"', member.get("/notifications").text)]


@pytest.mark.parametrize("path", sorted(FEEDS))
def test_a_feed_is_no_sign_in_page_but_refused_without_a_key(visitor: Visitor, path: str) -> None:
    answers = [
        visitor.get(f"{path}?key={key}") for key in ("", "1", "1.2.3", "x.y.z", "99999999999.a.b", "1..", "é.a.b")
    ]

    assert {answer.status_code for answer in answers} == {403}


def test_a_feed_reader_reads_with_the_key(member: Visitor, visitor: Visitor) -> None:
    addresses = feed_addresses(member)

    assert len(addresses) == 2
    assert [visitor.get(address).status_code for address in addresses] == [200, 200]
    assert visitor.get(addresses[0]).headers["content-type"].startswith("application/atom+xml")


def test_the_key_opens_feeds_only(member: Visitor, visitor: Visitor) -> None:
    key = feed_addresses(member)[0].partition("key=")[2]

    assert [visitor.get(f"{path}?key={key}").status_code for path in ("/", "/me", "/u/zhou-yi")] == [303] * 3


@pytest.mark.parametrize("path", ["/sign-out/everywhere", "/me/delete"])
def test_the_key_ends_with_the_sessions(member: Visitor, visitor: Visitor, path: str) -> None:
    address = feed_addresses(member)[0]
    member.post(path, {"password": PASSWORD})

    assert visitor.get(address).status_code == 403


def test_a_key_of_somebody_else_is_none(member: Visitor, visitor: Visitor) -> None:
    address = feed_addresses(member)[0]
    number, rest = re.search(r"key=(\d+)\.(.+)", address).groups()

    assert visitor.get(address.replace(f"key={number}.{rest}", f"key={int(number) - 1}.{rest}")).status_code == 403
