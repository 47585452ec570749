"""whoami, quota, retry, withdraw and comment at a terminal, and what a shell completes."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.commands.output import moment
from app.core.database import session_scope
from app.core.settings import CHECKOUT
from app.core.submissions import find
from tests.api import Api
from tests.board_factories import make_failure
from tests.test_student_commands import own_home, run, student

__all__ = ["own_home", "student"]  # fixtures

pytest_plugins = ["tests.api_fixtures"]


def test_one_is_told_where_one_is_signed_in_and_as_whom(student: str) -> None:
    assert f"owner (Owner, student) at {student}" in run("whoami").stdout
    assert json.loads(run("whoami", "--json").stdout)["handle"] == "owner"


def test_nobody_is_told_to_sign_in(live: str) -> None:
    found = run("whoami", "--host", live)

    assert found.exit_code == 4
    assert "mnist-benchmark login" in found.stderr


def test_the_quota_says_what_is_left_and_what_was_charged(student: str) -> None:
    run("submit", "--model", "yannet", "--title", "first")

    found, asked = run("quota", "--runs", "5"), json.loads(run("quota", "--runs", "1", "--json").stdout)

    assert f"{asked['left']} of {asked['quota']} runs are left today" in found.stdout
    assert "first" in found.stdout
    assert [each["submission"] for each in asked["runs"]] == [1]


def test_moments_are_told_in_utc_whatever_zone_they_come_in() -> None:
    midnight = datetime(2026, 11, 25, tzinfo=timezone(timedelta(hours=8)))

    assert moment(midnight) == "2026-11-24 16:00 UTC"


def test_a_failed_submission_is_run_again(student: str) -> None:
    run("submit", "--model", "yannet")
    with session_scope() as session:
        make_failure(session, find(session, 1))

    found = run("retry", "1")

    assert found.exit_code == 0, found.output
    assert "#1 “yannet” is queued, number " in found.stdout
    assert run("retry", "1").exit_code == 1


def test_withdrawing_asks_first(student: str) -> None:
    run("submit", "--model", "yannet", "--title", "mine")

    refused = run("withdraw", "1", typed="n\n")
    state = json.loads(run("show", "1", "--json").stdout)["state"]
    done = run("withdraw", "1", "--yes")

    assert (refused.exit_code, state, done.exit_code) == (1, "queued", 0)
    assert "Withdraw #1 “mine”?" in refused.stderr
    assert json.loads(run("show", "1", "--json").stdout)["state"] == "cancelled"


def test_what_is_anothers_is_not_withdrawn(student: str, api: Api) -> None:
    api.client.post("/api/v1/submissions", data={"model": "yannet"}, headers=api.other)

    found = run("withdraw", "1", "--yes")

    assert found.exit_code == 1
    assert found.stdout == ""


@pytest.mark.parametrize("thread", ["1", "board"])
def test_a_comment_is_said_and_shown(student: str, thread: str) -> None:
    run("submit", "--model", "yannet")

    said = run("comment", thread, "try *padding=1*")
    shown = run("comment", thread)

    assert said.exit_code == 0, said.output
    assert f"Said: {student}/comments/1" in said.stdout
    assert "Owner (@owner)" in shown.stdout
    assert "try *padding=1*" in shown.stdout
    assert [each["id"] for each in json.loads(run("comment", thread, "--json").stdout)] == [1]


def test_a_comment_is_read_from_standard_input(student: str) -> None:
    run("comment", "board", "-", typed="from\na file")

    assert "from\na file" in run("comment", "board").stdout


def test_comments_cannot_command_the_terminal(student: str, api: Api) -> None:
    api.client.post("/api/v1/discussion", json={"text": "a\x9b2Jb"}, headers=api.owner)

    assert "\x9b" not in run("comment", "board").stdout


@pytest.mark.parametrize("thread", ["0", "-1", "boards", "1.5", "²"])
def test_what_is_no_thread_is_wrong_usage(student: str, thread: str) -> None:
    assert run("comment", "--", thread).exit_code == 2


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        (["mnist-benchmark", "wi"], "withdraw"),
        (["mnist-benchmark", "submit", "--optimizer", "RMS"], "RMSprop"),
        (["mnist-benchmark", "board", "--track", "3"], "3ep"),
        (["mnist-benchmark", "restore", "--fo"], "--force"),
    ],
)
def test_bash_completes_words(tmp_path: Path, typed: list[str], completed: str) -> None:
    shim = tmp_path / "mnist-benchmark"
    shim.write_text(f"#!{sys.executable}\nfrom app.cli import app\napp()\n")  # as pip writes it
    shim.chmod(0o755)
    script = (
        f'PATH={tmp_path}:$PATH; eval "$(_MNIST_BENCHMARK_COMPLETE=source_bash mnist-benchmark)"; '
        'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
        'complete -p mnist-benchmark >/dev/null && _mnist_benchmark_completion mnist-benchmark "${COMP_WORDS[-1]}"; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )

    found = subprocess.run(
        ["bash", "-c", script, "bash", *typed],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.split() == [completed], found.stderr
