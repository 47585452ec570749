"""Files of a submission, saved under the names that the service gives them."""

import os
import re
import tempfile
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote

import httpx

from app.client.connection import Connection, Interrupted
from app.client.errors import ClientError

NAME_STAR = re.compile(r"filename\*=UTF-8''([^;]+)", re.IGNORECASE)
NAME = re.compile(r'filename="([^"]*)"', re.IGNORECASE)
NAME_MAXIMUM = 120


def save(connection: Connection, path: str, folder: Path, fallback: str, is_forced: bool) -> Path:
    """Save an answer into a folder; returns where. It gets its name only when it is whole.

    Raises:
        ClientError: if it does not come whole, or there is such a file already and it may not be replaced.
        OSError: if it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with connection.stream(path) as response:
            target = folder / file_name(response, fallback)
            if target.exists() and not is_forced:
                raise ClientError(f"{target} is there already. Move it away, or replace it with --force.")
            _write(response, target)
            return target
    except Interrupted as error:
        raise connection.unreachable(error) from error


def _write(response: httpx.Response, target: Path) -> None:
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".download-")
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in response.iter_bytes():
                file.write(chunk)
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def file_name(response: httpx.Response, fallback: str) -> str:
    """What the answer wants to be called, as a name without a folder: a service could say ../../.bashrc."""
    said = response.headers.get("content-disposition", "")
    starred, plain = NAME_STAR.search(said), NAME.search(said)
    name = unquote(starred.group(1)) if starred else plain.group(1) if plain else ""
    name = PureWindowsPath(PurePosixPath(name).name).name
    shown = "".join(letter if letter.isprintable() else "_" for letter in name).strip().lstrip(".")
    return shown[-NAME_MAXIMUM:] or fallback
