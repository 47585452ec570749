"""Where somebody is signed in: hosts with their tokens, in a file of the user's own that nobody else may read."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer

APP = "mnist-benchmark"
FILE = "sign-in.json"


@dataclass(frozen=True)
class SignIn:
    """Who is signed in at a host. `token_id` is None for a token that was made elsewhere."""

    handle: str
    token: str
    token_id: int | None = None


def sign_in_file() -> Path:
    """~/.config/mnist-benchmark/sign-in.json, or what the system has instead."""
    return Path(typer.get_app_dir(APP)) / FILE


def last_host() -> str | None:
    """Where one signed in last."""
    host = _read().get("host")
    return host if isinstance(host, str) else None


def sign_in_at(host: str) -> SignIn | None:
    """Who is signed in there."""
    found = _read()["hosts"].get(host)
    try:
        return SignIn(**found) if found else None
    except TypeError:
        return None


def keep(host: str, sign_in: SignIn) -> None:
    """Sign in there; commands without --host go there from now on."""
    kept = _read()
    kept["hosts"][host] = asdict(sign_in)
    _write(kept | {"host": host})


def forget(host: str) -> None:
    """Sign out there."""
    kept = _read()
    kept["hosts"].pop(host, None)
    _write(kept)


def _read() -> dict[str, Any]:
    try:
        found = json.loads(sign_in_file().read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        found = {}
    found = found if isinstance(found, dict) else {}
    hosts = found.get("hosts")
    return found | {"hosts": hosts if isinstance(hosts, dict) else {}}


def _write(kept: dict[str, Any]) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    path = sign_in_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=FILE)  # mkstemp makes it readable by us only
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(kept, file, indent=1)
    Path(draft).replace(path)
