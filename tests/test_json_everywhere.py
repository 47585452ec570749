"""Every command can speak to programs: one JSON document, or lines of it from what runs on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from app.cli import app
from app.core.settings import CHECKOUT
from app.core.version import app_version
from tests.conftest import clear_caches
from tests.service import answers, free_port, wait_until


def leaves(group: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    for word, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, f"{name}{word} ")
        else:
            yield f"{name}{word}", command


COMMANDS = dict(leaves(typer.main.get_command(app)))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_the_option(name: str) -> None:
    assert "--json" in [option for each in COMMANDS[name].params for option in each.opts]


@pytest.mark.parametrize(
    "arguments",
    [
        ("user", "add", "no handle"),
        ("user", "reset", "nobody"),
        ("user", "promote", "nobody"),
        ("import-thread", "/nowhere.json"),
        ("backup", "/nowhere/b.tar"),
        ("health",),
    ],
)
def test_what_an_operator_is_refused_is_json_too(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PORT", "9")
    clear_caches()

    found = run(*arguments, "--json")

    assert (found.exit_code, found.stdout) == (1, "")
    assert list(json.loads(found.stderr)) == ["detail"]


def test_an_export_says_what_it_wrote(data_dir: Path, tmp_path: Path) -> None:
    found = json.loads(run("export", str(tmp_path / "board.csv"), "--json").stdout)

    size_bytes = (tmp_path / "board.csv").stat().st_size
    assert found == {"file": str(tmp_path / "board.csv"), "format": "csv", "size_bytes": size_bytes}


def test_the_version_is_told() -> None:
    assert run("--version").stdout == f"mnist-benchmark {app_version()}\n"


def start(data_dir: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=CHECKOUT,
        env=os.environ | {"DATA_DIR": str(data_dir)} | environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_worker_that_cannot_start_says_so_in_a_line_of_json(tmp_path: Path) -> None:
    process = start(tmp_path / "empty", "worker", "--json")

    said = [json.loads(line) for line in process.communicate(timeout=60)[0].splitlines()]

    assert process.returncode == 1
    assert said[-1]["event"] == "worker cannot start"
    assert said[-1]["level"] == "error"


def test_all_lines_of_a_web_are_json(data_dir: Path) -> None:
    port = free_port()
    process = start(data_dir, "web", "--json", PORT=str(port))
    wait_until(lambda: answers(port), 60)
    second = start(data_dir, "web", "--json", PORT=str(port))
    said = second.communicate(timeout=60)[0].splitlines()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)

    assert any("address already in use" in json.loads(line)["event"] for line in said)
