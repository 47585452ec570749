"""The board as files, and a result as a badge."""

import csv
import io
import json
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from sqlmodel import Session, select

from app.core.runs import latest_run
from app.core.submissions import find
from app.core.tables import Classroom, Result, Submission, User
from app.web.board.exports import BYTE_ORDER_MARK, CSV_NAMES, RECIPE_NAMES, safe_cell
from tests.board_factories import make_repetition, make_result, make_submission, make_user
from tests.visitors import Visitor, visit, visitor

__all__ = ["visit", "visitor"]


@pytest.fixture
def amy(session: Session) -> User:
    return make_user(session, "amy")


def measured(session: Session, user: User, wrong: int, **request: Any) -> Submission:
    submission = make_submission(session, user, **request)
    make_result(session, submission, wrong)
    session.commit()
    return submission


def rows_of(visitor: Visitor, query: str = "") -> list[dict[str, str]]:
    text = visitor.get(f"/leaderboard.csv{query}").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_csv_opens_in_a_spreadsheet_with_chinese_names(visitor: Visitor, session: Session) -> None:
    zhou = make_user(session, "zhou")
    zhou.name = "周怡"
    measured(session, zhou, 15, title="第一个模型")

    answer = visitor.get("/leaderboard.csv")

    assert answer.content.startswith(BYTE_ORDER_MARK.encode())
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="leaderboard.csv"'
    [row] = rows_of(visitor)
    assert (row["title"], row["student"], row["rank"], row["accuracy"]) == ("第一个模型", "周怡", "1", "0.985")


def test_every_column_of_the_csv_has_what_its_name_says(visitor: Visitor, session: Session, amy: User) -> None:
    submission = measured(session, amy, 15, recipe={"learning_rate": 0.05, "epochs": 2, "augmentation": "shift"})
    result = session.get_one(Result, make_repetition_run(session, submission))
    result.sqlmodel_update({"flops": 5, "size_bytes": 6, "latency_one_ms": 0.5, "robust_accuracy": 0.75})
    session.add(result)
    session.commit()

    [row] = rows_of(visitor)

    assert list(row) == list(CSV_NAMES)
    said = {
        "rank": "1",
        "rank_best": "1",
        "rank_worst": "1",
        "handle": "amy",
        "tier": "retrained",
        "is_baseline": "False",
        "model": "YanNet",
        "correct": "980",
        "wrong": "20",
        "total": "1000",
        "seeds": "15 25",
        "flops": "5",
        "size_bytes": "6",
        "latency_one_ms": "0.5",
        "latency_thousand_ms": "",
        "robust_accuracy": "0.75",
        "parameters": "30306",
        "train_seconds": "12.5",
        "claimed_accuracy": "",
        "optimizer": "SGD",
        "learning_rate": "0.05",
        "batch_size": "64",
        "epochs": "2",
        "augmentation": "shift",
        "url": f"http://testserver/s/{submission.number}",
    }
    assert {name: row[name] for name in said} == said
    assert float(row["accuracy_low"]) < float(row["accuracy"]) == 0.98 < float(row["accuracy_high"])


def make_repetition_run(session: Session, submission: Submission) -> str:
    """A second seed for a measured submission; returns the run of its own seed."""
    own = latest_run(session, submission)
    make_repetition(session, submission, own, seed=1, wrong=25)
    return own.id


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "＝1+1"])
def test_no_title_is_a_formula_to_a_spreadsheet(visitor: Visitor, session: Session, amy: User, title: str) -> None:
    measured(session, amy, 15, title=title)

    [row] = rows_of(visitor)

    assert row["title"] == f"'{title.strip()}"


@pytest.mark.parametrize("cell", ["\t=1", "\r=1", "\n=1"])
def test_a_formula_behind_a_tab_or_a_line_end_is_none_either(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [-1.5, 0, "plain", "a=b", "", None])
def test_numbers_and_plain_texts_stay_as_they_are(cell: Any) -> None:
    assert safe_cell(cell) == cell


def test_a_title_with_marks_of_csv_stays_in_its_cell(visitor: Visitor, session: Session, amy: User) -> None:
    measured(session, amy, 15, title='a, "b"; c')

    assert [row["title"] for row in rows_of(visitor)] == ['a, "b"; c']


def html_of(markdown: str) -> str:
    """What a reader of Markdown makes of it."""
    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown))


def cells_of(markdown: str) -> list[list[str]]:
    """The cells of the one table, as Markdown reads it."""
    table = ElementTree.fromstring(html_of(markdown))
    return [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]


def test_the_markdown_is_one_table_ready_to_be_pasted(visitor: Visitor, session: Session, amy: User) -> None:
    measured(session, amy, 15, title="lenet-bn")
    baseline = measured(session, make_user(session, "bo"), 30, title="ours")
    baseline.is_baseline = True
    session.commit()

    answer = visitor.get("/leaderboard.md")

    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert cells_of(answer.text) == [
        ["Rank", "Model", "Student", "Accuracy", "Wrong", "Parameters", "Recipe"],
        ["1", "lenet-bn", "Amy", "98.50 % (97.54–99.09)", "15", "30.3k", "SGD lr 0.02 · bs 64 · 3 ep"],
        ["baseline", "ours", "Bo", "97.00 % (95.75–97.89)", "30", "30.3k", "SGD lr 0.02 · bs 64 · 3 ep"],
    ]
    assert "[lenet-bn](http://testserver/s/1)" in answer.text


def test_no_file_promises_more_than_all_images_right(visitor: Visitor, session: Session, amy: User) -> None:
    measured(session, amy, 0, title="all right")

    _, row = cells_of(visitor.get("/leaderboard.md").text)

    assert row[3] == "100.00 % (99.62–100.00)"


def test_brought_weights_have_no_recipe_in_the_files(visitor: Visitor, session: Session, amy: User) -> None:
    submission = measured(session, amy, 15, recipe={"optimizer": "Adam"})
    submission.kind = "evaluate"
    session.commit()

    [row] = rows_of(visitor)
    _, cells = cells_of(visitor.get("/leaderboard.md").text)
    [line] = visitor.get("/leaderboard.json").json()["rows"]

    assert {row[name] for name in RECIPE_NAMES} == {""}
    assert cells[-1] == "–"
    assert line["recipe"] == {"optimizer": "Adam"}


@pytest.mark.parametrize(
    "title",
    [
        "a | b",
        "[x](javascript:alert(1))",
        "**bold** _it_ ~~no~~",
        "`code`",
        "<b>b</b> & &lt;",
        "@somebody #12",
        "a\\|b",
    ],
)
def test_a_title_is_text_in_markdown_and_nothing_else(
    visitor: Visitor, session: Session, amy: User, title: str
) -> None:
    measured(session, amy, 15, title=title)

    text = visitor.get("/leaderboard.md").text

    assert cells_of(text)[1][1] == title
    assert "@" not in text
    assert html_of(text).count("<a ") == 1


@pytest.mark.parametrize("kind", ["csv", "json", "md"])
def test_a_file_has_the_rows_of_the_page(visitor: Visitor, session: Session, amy: User, kind: str) -> None:
    measured(session, amy, 15, title="mine")
    measured(session, make_user(session, "bo"), 25, title="theirs")

    text = visitor.get(f"/leaderboard.{kind}?by=bo").text

    assert ("theirs" in text, "mine" in text) == (True, False)


def test_the_json_is_what_the_api_gives(visitor: Visitor, session: Session, amy: User) -> None:
    for wrong in (15, 25):
        measured(session, amy, wrong)

    file, api = (visitor.get(path).text for path in ("/leaderboard.json?best=0", "/api/v1/leaderboard?best=0"))

    assert json.loads(file) == json.loads(api)


@pytest.mark.parametrize("kind", ["csv", "json", "md", "atom"])
def test_a_file_with_a_filter_that_means_nothing_is_refused(visitor: Visitor, kind: str) -> None:
    assert visitor.get(f"/leaderboard.{kind}?track=tiny").status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/leaderboard.csv",
        "/leaderboard.json",
        "/leaderboard.md",
        "/leaderboard.atom",
        "/s/1/badge.svg",
        "/u/amy/badge.svg",
    ],
)
def test_what_has_not_changed_is_not_sent_again(visitor: Visitor, session: Session, amy: User, path: str) -> None:
    measured(session, amy, 15)
    known = {"If-None-Match": visitor.get(path).headers["ETag"]}

    again = visitor.get(path, headers=known)
    measured(session, amy, 12)
    later = visitor.get(path, headers=known)

    assert (again.status_code, again.content, later.status_code) == (304, b"", 200)


def badge(visitor: Visitor, number: int) -> str:
    """What the badge says, as a reader for the blind reads it."""
    return ElementTree.fromstring(visitor.get(f"/s/{number}/badge.svg").text).attrib["aria-label"]


def test_the_badge_says_accuracy_and_rank(visitor: Visitor, session: Session, amy: User) -> None:
    first, second = measured(session, amy, 15), measured(session, make_user(session, "ben"), 25)
    third = measured(session, amy, 35)

    assert badge(visitor, first.number or 0) == "MNIST: 98.50 % · rank 1 of 2"
    assert badge(visitor, second.number or 0) == "MNIST: 97.50 % · rank 2 of 2"
    assert badge(visitor, third.number or 0) == "MNIST: 96.50 %"


def test_the_badge_of_a_baseline_has_no_rank(visitor: Visitor, session: Session, amy: User) -> None:
    number = measured(session, amy, 15).number or 0
    find(session, number).is_baseline = True
    session.commit()

    assert badge(visitor, number) == "MNIST: 98.50 % · baseline"


def test_without_a_result_there_is_no_badge(visitor: Visitor, session: Session, amy: User) -> None:
    make_submission(session, amy)
    gone = measured(session, amy, 15)
    gone.withdrawn = gone.created
    session.commit()

    answers = [visitor.get(f"/s/{number}/badge.svg") for number in (1, gone.number, 99)]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


ATOM = "{http://www.w3.org/2005/Atom}"


def feed_titles(visitor: Visitor, query: str = "") -> list[str]:
    """The titles of a feed's entries."""
    root = ElementTree.fromstring(visitor.get(f"/leaderboard.atom{query}").content)
    return [entry.findtext(f"{ATOM}title") or "" for entry in root.iter(f"{ATOM}entry")]


def test_the_feed_has_the_rows_of_the_page(visitor: Visitor, session: Session, amy: User) -> None:
    measured(session, amy, 25, title="mine")
    measured(session, make_user(session, "bo"), 35, title="theirs")

    assert set(feed_titles(visitor, "?by=bo")) == {"theirs: 96.50 %"}
    assert set(feed_titles(visitor)) == {"mine: 97.50 %", "theirs: 96.50 %", "New record: mine, 97.50 %"}


def test_two_filters_are_two_feeds_that_lead_to_their_pages(visitor: Visitor, session: Session, amy: User) -> None:
    measured(session, amy, 25)

    one, two = (
        ElementTree.fromstring(visitor.get(f"/leaderboard.atom{query}").content) for query in ("?by=amy", "?track=3ep")
    )

    links = {link.get("rel"): link.get("href") for link in one.findall(f"{ATOM}link")}
    assert one.findtext(f"{ATOM}id") != two.findtext(f"{ATOM}id")
    assert one.findtext(f"{ATOM}title") == "MNIST Benchmark: by=amy"
    assert links == {
        "self": "http://testserver/leaderboard.atom?by=amy",
        "alternate": "http://testserver/?by=amy",
    }


def test_the_board_links_to_all_files_under_its_filters(visitor: Visitor, session: Session, amy: User) -> None:
    measured(session, amy, 15)

    page = visitor.get("/?by=amy&cols=loss").text

    kinds = ["csv", "json", "md", "atom"]
    assert [kind for kind in kinds if f'href="/leaderboard.{kind}?by=amy"' not in page] == []


def shown_by(visitor: Visitor, path: str) -> str:
    """What a badge says, as a reader for the blind reads it."""
    return ElementTree.fromstring(visitor.get(path).text).attrib["aria-label"]


@pytest.mark.parametrize(
    ("show", "words"),
    [("", "98.50 % · rank 1 of 2"), ("?show=accuracy", "98.50 %"), ("?show=rank", "rank 1 of 2")],
)
def test_a_badge_says_what_it_is_asked_for(
    visitor: Visitor, session: Session, amy: User, show: str, words: str
) -> None:
    number = measured(session, amy, 15).number
    measured(session, amy, 35)
    measured(session, make_user(session, "bo"), 25)

    assert shown_by(visitor, f"/s/{number}/badge.svg{show}") == f"MNIST: {words}"
    assert shown_by(visitor, f"/u/amy/badge.svg{show}") == f"MNIST: {words}"


def test_a_badge_that_says_nothing_known_is_refused(visitor: Visitor, session: Session, amy: User) -> None:
    measured(session, amy, 15)

    assert visitor.get("/u/amy/badge.svg?show=colour").status_code == 422


def test_a_late_result_has_no_rank_on_its_badge(visitor: Visitor, session: Session, amy: User) -> None:
    submission = measured(session, amy, 15)
    classroom = session.exec(select(Classroom)).one()
    classroom.closes = submission.created - timedelta(days=1)
    session.add(classroom)
    session.commit()

    assert shown_by(visitor, f"/s/{submission.number}/badge.svg") == "MNIST: 98.50 % · late"
    assert shown_by(visitor, "/u/amy/badge.svg") == "MNIST: 98.50 % · late"


def test_nobody_without_a_result_has_a_badge(visitor: Visitor, session: Session, amy: User) -> None:
    session.commit()

    answers = [visitor.get(f"/u/{handle}/badge.svg") for handle in ("amy", "nobody")]

    assert [answer.status_code for answer in answers] == [404, 404]
