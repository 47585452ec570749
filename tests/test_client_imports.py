"""The client and the students' commands run where nothing of the service is installed."""

import subprocess
import sys

import pytest

from app.core.settings import CHECKOUT

# What only the service needs, and what only `verify` needs.
SERVICE = ("torch", "fastapi", "starlette", "uvicorn", "sqlalchemy", "sqlmodel", "dbos", "alembic", "jinja2", "worker")
VERIFY = ("numpy", "scipy", "PIL", "structlog", "pydantic_settings")
CLIENT_PACKAGES = ("httpx", "pydantic", "rich", "typer")
RUN = "import sys; from typer.testing import CliRunner; from app.cli import app; CliRunner().invoke(app, {arguments!r})"


def imported(code: str) -> set[str]:
    """Top-level names of all modules of a fresh interpreter that has run this code."""
    program = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    found = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return set(found.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "from app.client import Client; Client()",
        RUN.format(arguments=["--help"]),
        RUN.format(arguments=["submit", "--help"]),
        RUN.format(arguments=["board", "--host", "http://127.0.0.1:9"]),
        RUN.format(arguments=["login", "--token", "mnb_x", "--host", "http://127.0.0.1:9"]),
    ],
)
def test_nothing_of_the_service_is_imported(code: str) -> None:
    assert imported(code) & {*SERVICE, *VERIFY} == set()


def test_verifying_imports_nothing_of_the_database_or_the_web() -> None:
    found = imported(RUN.format(arguments=["verify", "pyproject.toml"]))

    assert "numpy" in found
    assert found & ({*SERVICE} - {"worker"}) == set()


def test_the_light_installation_names_what_is_imported() -> None:
    import tomllib

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]

    assert [line.partition(">")[0] for line in project["dependencies"]] == list(CLIENT_PACKAGES)
    assert "client" in project["optional-dependencies"]
    assert {line.partition(">")[0] for line in project["optional-dependencies"]["verify"]} == {
        "numpy", "pillow", "pydantic-settings", "scipy", "structlog",
    }  # fmt: skip


def test_a_command_of_the_service_says_what_is_missing() -> None:
    code = "import sys; sys.modules['uvicorn'] = None; from app.cli import app; app(['web'])"

    found = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert found.returncode == 1
    assert "needs “uvicorn”" in found.stderr
    assert ".[service]" in found.stderr
