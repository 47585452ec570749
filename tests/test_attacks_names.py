"""Names and handles by which somebody would pass for somebody else, hide, or break what they stand in."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlmodel import Session, select

from app.core import joining_pace
from app.core.accounts import find_user
from app.core.database import session_scope
from app.core.departures import FORMER
from app.core.display_names import look_of, name_error, tidy
from app.core.identities import Person, add_person
from app.core.joining_pace import count_joining
from app.core.tables import Identity, User
from app.web.notes import comment_html
from tests.api import Api
from tests.board_factories import make_result, make_submission, make_user
from tests.factories import PASSWORD, make_member
from tests.visitors import Visitor, error_beside, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
pytest_plugins = ["tests.api_fixtures"]
USERS = "/api/v1/users"
NEW = {"handle": "ma-li", "name": "马丽", "password": "a sentence is long"}
LONG = "W" * 80

UNSEEN = {
    "zero width space": "Zhou\u200bYi",
    "soft hyphen": "Zhou\u00adYi",
    "joiner between letters": "Zhou\u200dYi",
    "byte order mark": "\ufeffZhou",
    "right to left override": "Zhou\u202eiY",
    "isolate": "\u2066Zhou\u2069",
    "Hangul filler": "\u3164",
    "Braille blank": "\u2800\u2800",
    "tag": "Zhou\U000e0041",
    "private use": "Zhou \uf8ff",
    "variation selector": "Z\ufe0fhou",
    "line separator": "Zhou\u2028Yi",
    "escape": "Zhou\x1b[31m",
    "a pile of marks": "Z" + "\u0336" * 12,
    "only marks": "\u0301\u0301",
    "only blanks": "\u00a0\u3000",
}


@pytest.mark.parametrize("name", UNSEEN.values(), ids=UNSEEN)
def test_a_name_with_what_cannot_be_seen_is_refused(name: str) -> None:
    assert name_error(tidy(name)) is not None


@pytest.mark.parametrize(
    "name",
    [
        "周一",
        "Ana María Núñez",
        "O’Brien-Müller Jr.",
        "Nguyễn Thị Ánh",
        "👩‍🔬 Li",
        "🏳️‍🌈",
        "نیما می‌خواهم",
        "ผู้ใหญ่",
        "क्षत्रिय",
        "葛󠄀城",
        "김철수",
        "-",
    ],
)
def test_names_of_people_are_taken_in_every_script(name: str) -> None:
    assert name_error(tidy(name)) is None


LIKE_ZHOU_YI = {
    "the same": "Zhou Yi",
    "another case": "ZHOU YI",
    "no blank": "ZhouYi",
    "more blanks": "Zhou   Yi",
    "dots": "Zhou.Yi.",
    "Cyrillic": "Zhоu Yi",
    "full width": "Ｚｈｏｕ　Ｙｉ",
    "an accent": "Zhoù Yí",
    "digits": "Zh0u Y1",
    "an l": "Zhou Yl",
    "mathematical letters": "𝐙𝐡𝐨𝐮 𝐘𝐢",
}


def refused_fields(api: Api, changes: list[dict[str, str]]) -> set[tuple[int, str]]:
    """What is said to each of these who want to join."""
    answers = [api.client.post(USERS, json=NEW | change) for change in changes]
    return {(answer.status_code, " ".join(answer.json().get("fields", {}))) for answer in answers}


def test_nobody_joins_under_a_name_that_is_taken_for_a_classmates(member: Visitor, api: Api) -> None:
    assert refused_fields(api, [{"name": name} for name in LIKE_ZHOU_YI.values()]) == {(422, "name")}


OFFICES = [
    "Teacher",
    "teacher",
    "Тeacher",
    "Ｔｅａｃｈｅｒ",
    "教师",
    "老师",
    "往届同学",
    "Former Student",
    "Course",
    "课程",
    "Admin",
]


def test_no_student_is_called_like_an_office_or_like_who_has_left(member: Visitor, api: Api) -> None:
    renamed = [member.post("/me/name", {"name": name}).status_code for name in OFFICES]

    assert refused_fields(api, [{"name": name} for name in OFFICES]) == {(422, "name")}
    assert set(renamed) == {422}


def test_ones_own_name_may_be_written_another_way(member: Visitor) -> None:
    assert member.post("/me/name", {"name": "ZHOU Yi"}).status_code == 303


def test_nobody_takes_a_classmates_name_later(member: Visitor, session: Session) -> None:
    make_user(session, "li-na").name = "Li Na"
    session.commit()

    answer = member.post("/me/name", {"name": "LI NA"})

    assert answer.status_code == 422
    assert "Somebody here is called “LI NA”" in error_beside(answer, "name")


def test_the_name_of_somebody_who_has_left_is_free(member: Visitor, api: Api) -> None:
    member.post("/me/delete", {"password": PASSWORD})

    assert api.client.post(USERS, json=NEW | {"name": "Zhou Yi"}).status_code == 201


OF_OFFICES = ["admin", "teacher", "course", "root", "system", "everyone", "baseline", "Teacher "]
LIKE_A_CLASSMATES = ["zhou_yi", "zh0u-yi", "zhou-yi", "ZHOU-YI"]
NOT_PLAIN = ["аdmin", "zhou\u200byi", "ｚhou", "zhou.yi", "~quiet-heron-3", "zhou yi", "-7", "me/../x"]


@pytest.mark.parametrize("handles", [OF_OFFICES, LIKE_A_CLASSMATES, NOT_PLAIN], ids=["office", "like", "not plain"])
def test_nobody_joins_under_a_handle_that_would_be_misread(member: Visitor, api: Api, handles: list[str]) -> None:
    assert refused_fields(api, [{"handle": handle} for handle in handles]) == {(422, "handle")}


def test_a_provider_cannot_make_somebody_pass_for_the_teacher(session: Session) -> None:
    taken = make_user(session, "zhou-yi")
    taken.name = "Zhou Yi"
    people = [Person("https://school.example", str(number), "zhou-yi", name) for number, name in enumerate(PROVIDED)]

    names = [add_person(session, person).name for person in people]

    assert names == ["Zhou Yi (zhou-yi-2)", "Teacher (zhou-yi-3)", "zhou-yi (zhou-yi-4)", "Li Na"]
    assert session.get_one(User, taken.stored_id).handle == "zhou-yi"
    assert session.exec(select(Identity).where(Identity.user_id == taken.id)).first() is None


PROVIDED = ["Zhou Yi", "Teacher", "\u202e\u3164", "Li Na"]


def test_a_provider_cannot_give_the_handle_of_an_office(session: Session) -> None:
    person = Person("https://school.example", "1", "admin@school.example", "Mallory")

    assert add_person(session, person).handle == "admin-2"


HOSTILE = {
    "formula": "=HYPERLINK(0)",
    "formula of another kind": "@SUM(1)",
    "full width formula": "＝1+1",
    "separator": 'a","b',
    "markup": "<img src=x onerror=alert(1)>",
    "markdown": "[x](javascript:alert(1))",
    "table": "a | b `c` *d*",
    "entity": "&lt;script&gt;",
    "template": "{{ 7*7 }}{% raw %}",
    "places": "%(name)s %s {0}",
    "XML": "]]><x/>",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_name_stays_a_name_wherever_it_stands(visitor: Visitor, session: Session, name: str) -> None:
    user = make_user(session, "li-na")
    user.name = name
    make_result(session, make_submission(session, user))
    session.commit()

    rows = list(csv.DictReader(io.StringIO(visitor.get("/leaderboard.csv").content.decode("utf-8-sig"))))
    feed = ElementTree.fromstring(visitor.get("/feed.atom").content)
    markdown = str(comment_html(visitor.get("/leaderboard.md").text))

    assert rows[0]["student"] in (name, f"'{name}")
    assert not rows[0]["student"].startswith(("=", "@", "＝"))
    assert [each.text for each in feed.iter("{http://www.w3.org/2005/Atom}name")] == [name] * 2
    assert "javascript:" not in markdown.replace("(javascript:", "")
    assert len({line.count("<td") for line in markdown.replace("</tr>", "\n").splitlines() if "<td" in line}) == 1
    assert name in text_of(visitor.get("/u/li-na"))
    assert "<img src=x" not in visitor.get("/").text


def join(visitor: Visitor, number: int, **change: Any) -> int:
    new = {"handle": f"student-{number}", "name": f"Student {number}", "password": "a sentence is long"} | change
    return visitor.client.post(USERS, json=new).status_code


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class of three."""
    monkeypatch.setattr(joining_pace, "JOINED_MAXIMUM", 3)


def test_users_without_end_are_not_made_from_one_address(few: None, visitor: Visitor) -> None:
    statuses = [join(visitor, number) for number in range(2, 7)]

    assert statuses == [201, 201, 201, 429, 429]


def test_the_page_says_when_to_come_back(few: None, visitor: Visitor) -> None:
    for number in range(2, 5):
        join(visitor, number)

    answer = visitor.post("/join", NEW)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    assert "Try again in 60 minutes" in error_beside(answer, "handle")


def test_handles_cannot_be_listed_by_trying_to_take_them(few: None, member: Visitor, visitor: Visitor) -> None:
    statuses = [join(visitor, number, handle="zhou-yi") for number in range(2, 7)]

    assert statuses == [422, 422, 422, 429, 429]


def test_what_is_wrong_by_itself_is_not_counted(few: None, visitor: Visitor) -> None:
    statuses = [join(visitor, number, password="short") for number in range(2, 9)]

    assert set(statuses) == {422}


def test_another_address_has_its_own_count(few: None, session: Session) -> None:
    for host in ("192.0.2.1", "192.0.2.2"):
        for _ in range(3):
            count_joining(session, host)

    assert find_user(session, "nobody") is None


def test_a_hundred_at_once_are_counted_one_by_one(data_dir: object, few: None) -> None:
    def is_counted(_: int) -> bool:
        try:
            with session_scope() as session:
                count_joining(session, "192.0.2.1")
        except Exception:  # noqa: BLE001 - only that it was refused matters
            return False
        return True

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(is_counted, range(20))) == 3


def test_the_join_link_says_which_class_it_is_and_who_teaches(visitor: Visitor, session: Session) -> None:
    make_member(session, "ms-wang", "Wang Fang", "teacher")
    session.commit()

    page = text_of(visitor.get("/join/some-code"))

    assert "MNIST Benchmark" in page
    assert "Taught by Teacher , Wang Fang" in page


def test_a_name_without_a_letter_looks_like_itself() -> None:
    assert look_of("---") == "---"
    assert look_of(FORMER) == look_of("F0rmer  Student")
