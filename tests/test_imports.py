"""Who imports whom (DESIGN.md 3), proven by import-linter and in fresh interpreters."""

import subprocess
import sys

import pytest

from app.core.settings import CHECKOUT


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_the_import_rules_hold() -> None:
    found = run(sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")

    assert found.returncode == 0, found.stdout
    assert "4 kept, 0 broken" in found.stdout


@pytest.mark.parametrize("module", ["app.web.main", "app.cli", "app.core.jobs", "worker.__main__", "worker.run"])
def test_it_starts_without_torch(module: str) -> None:
    found = run(sys.executable, "-c", f"import sys, {module}; print('torch' in sys.modules)")

    assert found.stdout.strip() == "False", found.stderr


@pytest.mark.parametrize("module", ["worker.child.main", "models_zoo.yannet"])
def test_it_runs_without_anything_of_ours_around_it(module: str) -> None:
    found = run(
        sys.executable,
        "-c",
        f"import sys, {module}; print([m for m in sys.modules if m == 'app' or m.startswith('app.')])",
    )

    assert found.stdout.strip() == "[]", found.stderr
