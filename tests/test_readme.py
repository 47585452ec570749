"""The README says what is there: a page that lags behind is worse than none."""

import re

import pytest
import typer

from app.cli import app
from app.core.settings import CHECKOUT, Settings

README = (CHECKOUT / "README.md").read_text("utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_table(name: str) -> None:
    assert f"`{name.upper()}`" in README


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`mnist-benchmark (\w[\w-]*)", README))))
def test_every_command_that_it_names_exists(command: str) -> None:
    assert command in COMMANDS


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_in_it(command: str) -> None:
    assert f"mnist-benchmark {command}" in README


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make (\w+)", README))))
def test_every_make_target_that_it_names_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"[`(]((?:app|worker|docs|benchmarks|models_zoo)/[\w./]*)", README)))
)
def test_every_file_that_it_names_exists(path: str) -> None:
    assert (CHECKOUT / path).exists()


@pytest.mark.parametrize("setting", ["data_dir", "host", "port", "run_time_limit_s", "lease_s", "upload_limit_bytes"])
def test_defaults_in_the_table_are_the_real_ones(setting: str) -> None:
    default = Settings.model_fields[setting].default
    shown = default.name if setting == "data_dir" else f"{default:g}" if isinstance(default, float) else str(default)

    assert shown in next(line for line in README.splitlines() if f"`{setting.upper()}`" in line)
