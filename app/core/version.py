"""The version of this checkout."""

import tomllib
from functools import lru_cache

from app.core.settings import CHECKOUT


@lru_cache
def app_version() -> str:
    """As pyproject.toml says it."""
    text = (CHECKOUT / "pyproject.toml").read_text("utf-8")
    return str(tomllib.loads(text)["project"]["version"])
