"""What a teacher has hidden is found by nobody but its author and teachers, wherever they look; and late results rank
nowhere."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session, select

from app.core import claims
from app.core.accounts import add_token, add_user
from app.core.announcements import announce_end
from app.core.comments import add_comment
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.looks import count_looks
from app.core.tables import Classroom, Submission, User, now
from tests.board_factories import make_result, make_submission
from tests.factories import make_member
from tests.permissions import ROWS
from tests.test_shown_names import PLACES
from tests.threads import make_posts
from tests.visitors import Visitor, text_of, visit

__all__ = ["visit"]
TITLE, WORDS = "scandalous title", "scandalous words"
READ = sorted({row.path for row in ROWS if row.method == "GET" and not row.path.startswith("/api/v1/teach")})
CLOSED = now() - timedelta(hours=1)


@pytest.fixture
def ground(data_dir: Any) -> dict[str, str]:
    """Ma's own result, which Lin's beats; Lin's is hidden then, with its fork, its comments and its rebuilt claim."""
    with session_scope() as session:
        lin, ma = add_user(session, "lin", "Lin", "student"), make_member(session, "mali", "Ma Li")
        session.flush()
        make_result(session, make_submission(session, ma, title="own"), wrong=200)
        hidden = _hidden(session, lin, ma)
        hidden.hidden = now()
        waits = make_submission(session, lin, title=TITLE)
        waits.hidden = now()
        session.add_all([hidden, waits])
        return {"mali": f"Bearer {add_token(session, ma, 'for tests')}"}


def _hidden(session: Session, lin: User, ma: User) -> Submission:
    claims.save(session, claims.draft(session, make_posts("acc 98.47%")), None)
    made = make_submission(session, lin, title=TITLE, notes=WORDS, parent="1")
    made.claim_id = 1
    session.add(made)
    announce_end(session, get_jobs(), make_result(session, made, wrong=2).id)
    add_comment(session, lin, made, f"{WORDS}, @mali")
    add_comment(session, ma, made, "a reply")
    return made


def addresses(number: str) -> list[str]:
    places = PLACES | {"number": number, "handle": "lin"}
    filled = [re.sub(r"\{(\w+)\}", lambda found: places[found.group(1)], path) for path in READ]
    return [*filled, "/compare?a=1&b=2", "/api/v1/compare?a=1&b=2", "/?best=0", "/api/v1/comments", "/u/mali"]


def found_in(get: Callable[[str], httpx.Response], number: str) -> dict[str, list[str]]:
    found = {path: re.findall(r"scandalous \w+", get(path).text) for path in addresses(number)}
    return {path: words for path, words in found.items() if words}


@pytest.mark.parametrize("number", ["1", "2"])
def test_a_classmate_finds_what_is_hidden_on_no_page(visit: Any, ground: dict[str, str], number: str) -> None:
    assert found_in(visit().sign_in("mali").get, number) == {}


@pytest.mark.parametrize("number", ["1", "2"])
def test_a_classmate_finds_what_is_hidden_nowhere_in_the_api(visit: Any, ground: dict[str, str], number: str) -> None:
    client: Any = visit().client

    assert found_in(lambda path: client.get(path, headers={"Authorization": ground["mali"]}), number) == {}


def test_what_is_shown_again_is_found_again(visit: Any, ground: dict[str, str]) -> None:
    with session_scope() as session:
        for submission in session.exec(select(Submission)):
            submission.hidden = None
            session.add(submission)
    found = found_in(visit().sign_in("mali").get, "2")

    assert {"/", "/s/2", "/feed.atom", "/notifications", "/discussion", "/u/lin", "/digits/3"} <= found.keys()


def test_what_is_hidden_counts_as_a_look_all_the_same(session: Session, ground: dict[str, str]) -> None:
    lin = session.exec(select(User).where(User.handle == "lin")).one()
    looks = count_looks(session, "mnist", lin.stored_id)

    assert looks.student == 3


@pytest.fixture
def late(visit: Any) -> Visitor:
    """Zhou's 50 errors in time, and 5 errors after closing; read by a visitor."""
    with session_scope() as session:
        classroom = session.exec(select(Classroom)).one()
        classroom.closes = CLOSED
        user = add_user(session, "zhou", "Zhou", "student")
        session.flush()
        for title, wrong, minutes in (("in time", 50, -5), ("too late", 5, 5)):
            submission = make_submission(session, user, title=title)
            submission.created = CLOSED + timedelta(minutes=minutes)
            session.add_all([classroom, submission])
            make_result(session, submission, wrong)
    visitor: Visitor = visit()
    return visitor


def test_a_late_result_is_marked_and_unranked_in_every_form(late: Visitor) -> None:
    rows = {row["title"]: row for row in late.get("/api/v1/leaderboard").json()["rows"]}
    csv_line = next(line for line in late.get("/leaderboard.csv").text.splitlines() if "too late" in line)
    markdown = next(line for line in late.get("/leaderboard.md").text.splitlines() if "too late" in line)

    assert [(rows[title]["rank"], rows[title]["is_late"]) for title in ("in time", "too late")] == [
        (1, False),
        (None, True),
    ]
    assert csv_line.startswith(",,,2,")
    assert csv_line.endswith(",True")
    assert markdown.startswith("| late |")
    assert "late" in late.get("/s/2/badge.svg").text
    assert "None" not in late.get("/s/2/badge.svg").text
    assert "rank 1 of 1" in late.get("/u/zhou/badge.svg").text
    assert "too late: 99.50 %, outside class time and without a rank" in late.get("/feed.atom?lang=en").text
    assert "New record: in time" in late.get("/feed.atom?lang=en").text
    assert "Outside class time" in text_of(late.get("/s/2"))
    assert "Outside class time" in text_of(late.get("/u/zhou"))


def test_a_late_result_takes_no_place_on_the_profile(late: Visitor) -> None:
    profile = late.get("/api/v1/users/zhou").json()

    assert (profile["best"]["title"], profile["best"]["rank"]) == ("in time", 1)
    assert {each["title"]: each["rank"] for each in profile["results"]} == {"in time": 1, "too late": None}
