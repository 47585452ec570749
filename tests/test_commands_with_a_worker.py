"""A student at a terminal with the whole service behind it: web and worker as processes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.accounts import add_token
from app.core.database import session_scope
from app.core.settings import CHECKOUT
from tests.api import safetensors
from tests.board_factories import make_user
from tests.service import END_LIMIT_S, free_port, service, write_tiny_dataset


class Terminal:
    """A student's, signed in by the environment."""

    def __init__(self, host: str, token: str, home: Path) -> None:
        self.home = home
        self.environment = os.environ | {
            "MNIST_BENCHMARK_HOST": host,
            "MNIST_BENCHMARK_TOKEN": token,
            "MNIST_BENCHMARK_LANGUAGE": "en",
            "XDG_CONFIG_HOME": str(home),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "app.cli", *arguments]
        return subprocess.run(
            command,
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=END_LIMIT_S,
        )


@pytest.fixture
def terminal(data_dir: Path, tmp_path: Path) -> Iterator[Terminal]:
    """Of a student of a service that runs."""
    write_tiny_dataset(data_dir)
    with session_scope() as session:
        token = add_token(session, make_user(session), "for tests")
    port = free_port()
    with service(data_dir) as running:
        running.web(port)
        running.worker()
        yield Terminal(f"http://127.0.0.1:{port}", token, tmp_path)


def test_a_model_is_trained_while_its_student_watches_and_its_receipt_is_verified(terminal: Terminal) -> None:
    said = ("--model", "softmax_regression", "--epochs", "2", "--learning-rate", "0.1", "--watch")

    watched = terminal.run("submit", *said)
    terminal.run("download", "1", "--to", str(terminal.home))
    names = sorted(path.name for path in terminal.home.iterdir())

    assert watched.returncode == 0, watched.stderr
    assert [line.partition(":")[0] for line in watched.stderr.splitlines() if "epoch" in line] == ["epoch 1", "epoch 2"]
    assert "of 200 wrong, rank 1 (1 to 1)" in watched.stdout
    assert {"softmax_regression-1.safetensors", "softmax_regression-1.csv", "receipt-1.json"} <= set(names)


def test_a_run_that_fails_ends_the_command_with_its_outcomes_status(terminal: Terminal) -> None:
    path = terminal.home / "other.safetensors"
    path.write_bytes(safetensors())

    found = terminal.run("submit", str(path), "--model", "yannet", "--watch", "--json")

    body = json.loads(found.stdout)
    assert (found.returncode, body["outcome"]) == (10, "bad_file"), found.stderr
    assert body["message"]
