"""`export` writes the board from the database; the web need not run. And the operators' commands as JSON."""

import csv
import io
import json
from pathlib import Path

import pytest
from sqlmodel import Session
from typer.testing import CliRunner, Result

from app.cli import app
from tests.board_factories import make_result, make_submission, make_user
from tests.threads import old_thread


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def board(session: Session) -> None:
    """Two results of one student."""
    student = make_user(session)
    for title, wrong, epochs in (("long", 10, 9), ("short", 20, 3)):
        make_result(session, make_submission(session, student, title=title, recipe={"epochs": epochs}), wrong=wrong)
    session.commit()


def test_the_board_is_written_as_the_files_name_says(board: None, tmp_path: Path) -> None:
    found = [run("export", str(tmp_path / f"board.{kind}")) for kind in ("csv", "json", "md")]

    texts = [(tmp_path / f"board.{kind}").read_text("utf-8-sig") for kind in ("csv", "json", "md")]
    assert [each.exit_code for each in found] == [0, 0, 0]
    assert [row["title"] for row in csv.DictReader(io.StringIO(texts[0]))] == ["long"]
    assert [row["title"] for row in json.loads(texts[1])["rows"]] == ["long"]
    assert "[long](http://127.0.0.1:8000/s/1)" in texts[2]


def test_filters_and_the_address_in_links_are_said(board: None) -> None:
    found = run("export", "-", "--format", "csv", "--track", "3ep", "--url", "https://board.example/")

    row = next(csv.DictReader(io.StringIO(found.stdout.removeprefix("\ufeff"))))
    assert (row["title"], row["url"]) == ("short", "https://board.example/s/2")


def test_all_results_are_written_if_asked(board: None) -> None:
    assert len(json.loads(run("export", "-", "--format", "json", "--every").stdout)["rows"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"), [(["board.xls"], "Name it .csv, .json or .md"), (["board.csv", "--track", "4ep"], "4ep")]
)
def test_what_cannot_be_written_is_refused(
    data_dir: Path, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    found = run("export", *arguments)

    assert found.exit_code == 2
    assert words in found.stderr


def test_a_new_member_as_json(data_dir: Path) -> None:
    found = json.loads(run("user", "add", "amy", "--token", "--json").stdout)

    assert (found["handle"], found["role"], found["token"][:4]) == ("amy", "student", "mnb_")
    assert found["sign_in_link"].startswith("http://127.0.0.1:8000/sign-in/link/")


def test_a_migration_as_json(data_dir: Path) -> None:
    assert json.loads(run("migrate", "--json").stdout) == {"is_up_to_date": True}


def test_an_old_thread_as_json(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(json.dumps(old_thread()))
    command = ["import-thread", str(tmp_path / "old.json"), "--json"]

    found = [json.loads(run(*command, *more).stdout) for more in ([], ["--yes"], ["--yes"])]

    assert [each["saved"] for each in found] == [0, 4, 0]
    assert [each["claims"] for each in found] == [4, 4, 0]


def test_what_this_machine_offers_as_json(data_dir: Path) -> None:
    found = run("doctor", "--json")

    read = json.loads(found.stdout)
    assert found.exit_code == (0 if read["runs_uploads"] else 1)
    assert "Processor" in [finding["what"] for finding in read["findings"]]


def test_a_receipt_that_is_none_as_json(tmp_path: Path) -> None:
    (tmp_path / "receipt.json").write_text("[]")

    found = run("verify", str(tmp_path / "receipt.json"), "--json")

    assert found.exit_code == 1
    assert json.loads(found.stdout)["is_verified"] is False
