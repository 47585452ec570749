"""The command line, as a person at a terminal sees it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from app.cli import app
from app.core.accounts import find_user, use_sign_in_link, user_of_token
from app.core.database import get_engine, make_engine
from app.core.schema import check_tables
from app.core.settings import CHECKOUT
from app.core.tables import Classroom, Submission
from tests.conftest import clear_caches


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_adding_a_student_prints_a_link_that_works_once(data_dir: Path, session: Session) -> None:
    found = run("user", "add", "zhou-yi", "--name", "周怡")

    secret = found.output.partition("/sign-in/link/")[2].split()[0]
    first, second = use_sign_in_link(session, secret), use_sign_in_link(session, secret)
    assert found.exit_code == 0
    assert first is not None
    assert (first.handle, first.name, first.role) == ("zhou-yi", "周怡", "student")
    assert second is None


def test_adding_a_teacher_with_a_token_prints_a_token_that_works(data_dir: Path, session: Session) -> None:
    found = run("user", "add", "ms-li", "--teacher", "--token")

    token = found.output.partition("shown only now: ")[2].strip()
    owner = user_of_token(session, token)
    assert owner is not None
    assert owner.role == "teacher"


def test_without_the_option_no_token_is_made(data_dir: Path) -> None:
    assert "mnb_" not in run("user", "add", "amy").output


@pytest.mark.parametrize(
    ("handle", "words"), [("teacher", "taken"), ("Zhou Yi!", "“Zhou Yi!” cannot be a handle"), ("", "cannot be")]
)
def test_a_handle_that_cannot_be_is_refused_with_the_reason(data_dir: Path, handle: str, words: str) -> None:
    found = run("user", "add", handle)

    assert found.exit_code == 1
    assert words in found.output


def test_migrating_an_empty_folder_makes_a_database_with_a_class_and_a_teacher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))
    clear_caches()

    found = run("migrate")

    check_tables(get_engine())
    with Session(get_engine()) as session:
        assert find_user(session, "teacher") is not None
    assert found.exit_code == 0
    clear_caches()


def test_migrating_twice_changes_nothing(data_dir: Path) -> None:
    assert [run("migrate").exit_code, run("migrate").exit_code] == [0, 0]


def test_asking_for_the_health_of_a_web_that_is_not_there_fails_with_its_address(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "9")
    clear_caches()

    found = run("health")

    assert found.exit_code == 1
    assert "http://127.0.0.1:9 does not answer" in found.output


def test_the_baselines_are_queued_once(data_dir: Path, session: Session) -> None:
    from app.core.jobs import get_jobs
    from app.core.seeding import BASELINES, seed_baselines

    first = seed_baselines(session, get_jobs(), "mnist")
    second = seed_baselines(session, get_jobs(), "mnist")
    session.commit()

    assert (first, second) == (4, 0)
    assert sorted(session.exec(select(Submission.model)).all()) == sorted(BASELINES)
    assert len(get_jobs().active()[1]) == 4


def test_three_first_starts_at_once_all_succeed_and_make_one_class(tmp_path: Path) -> None:
    environment = os.environ | {"DATA_DIR": str(tmp_path / "new")}
    command = [sys.executable, "-m", "app.cli", "migrate"]
    starts = [subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL) for _ in range(3)]

    assert [start.wait(timeout=60) for start in starts] == [0, 0, 0]

    engine = make_engine(f"sqlite:///{tmp_path / 'new' / 'board.sqlite'}")
    with Session(engine) as session:
        assert len(session.exec(select(Classroom)).all()) == 1
    engine.dispose()


def test_the_data_folder_is_nobody_elses_to_read(tmp_path: Path) -> None:
    environment = os.environ | {"DATA_DIR": str(tmp_path / "new")}
    subprocess.run([sys.executable, "-m", "app.cli", "migrate"], cwd=CHECKOUT, env=environment, check=True)

    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new" / "board.sqlite").stat().st_mode & 0o077 == 0
