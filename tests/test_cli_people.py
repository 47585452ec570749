"""People at the command line: passwords are reset, teachers made."""

import json
from pathlib import Path

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from app.cli import app
from app.core.accounts import find_user, use_sign_in_link
from app.core.tables import Audit
from tests.factories import make_member


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["user", *arguments])


@pytest.fixture(autouse=True)
def zhou(session: Session) -> None:
    make_member(session)
    session.commit()


def test_a_reset_prints_a_link_that_works(session: Session) -> None:
    found = run("reset", "Zhou-Yi")

    secret = found.output.partition("/sign-in/link/")[2].split()[0]
    user = use_sign_in_link(session, secret)
    assert found.exit_code == 0
    assert user is not None
    assert user.handle == "zhou-yi"


def test_a_student_is_made_a_teacher_and_it_is_written_down(session: Session) -> None:
    found = run("promote", "zhou-yi", "--json")

    row = session.exec(select(Audit)).one()
    assert json.loads(found.output) == {"handle": "zhou-yi", "role": "teacher"}
    assert (row.actor_id, row.action, row.detail) == (None, "user.role", {"was": "student", "is": "teacher"})


def test_the_reverse_works_while_somebody_else_teaches(session: Session) -> None:
    run("promote", "zhou-yi")

    assert "is now a student" in run("promote", "zhou-yi", "--student").output


def test_the_only_teacher_stays_one(data_dir: Path) -> None:
    found = run("promote", "teacher", "--student")

    assert found.exit_code == 1
    assert "teacher is the only teacher" in found.output


@pytest.mark.parametrize("command", ["reset", "promote"])
@pytest.mark.parametrize("handle", ["nobody", "course", ""])
def test_nobody_else_is_found(session: Session, command: str, handle: str) -> None:
    found = run(command, handle)

    assert found.exit_code == 1
    assert f"“{handle}”" in found.output
    assert find_user(session, "course").role == "course"  # type: ignore[union-attr]
