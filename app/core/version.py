"""The version of this code."""

import tomllib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


@lru_cache
def app_version() -> str:
    """As pyproject.toml says it in a checkout; where only the client is installed, as the installation does."""
    try:
        return str(tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"])
    except FileNotFoundError:
        return _installed_version()


def _installed_version() -> str:
    try:
        return version("mnist-benchmark")
    except PackageNotFoundError:
        return "unknown"
