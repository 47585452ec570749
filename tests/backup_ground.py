"""What tests of backups share: a service with something in it, all that is in it, and archives made by hand."""

import io
import tarfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from typer.testing import CliRunner, Result

from app.cli import app
from app.core import tables
from app.core.blobs import get_blobs
from app.core.database import get_engine, session_scope
from tests.board_factories import make_result, make_submission, make_user
from tests.conftest import clear_caches

Everything = dict[str, Any]
LIMIT_BYTES = 1 << 20


def run(*arguments: str | Path) -> Result:
    """A command, as after the service was stopped: nothing of this process has the database open."""
    clear_caches()
    try:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])
    finally:
        clear_caches()


def store(content: bytes) -> str:
    """A stored file's sha256."""
    return get_blobs().store([content], LIMIT_BYTES).sha256


def make_work(handle: str, wrong: int) -> None:
    """A student with a measured submission, a queued one, and files of each kind."""
    with session_scope() as session:
        student = make_user(session, handle)
        measured = make_submission(session, student, notes="a\t学到的 'quoted' \\ $$")
        measured.model_file_sha256, measured.model_file_name = store(handle.encode()), "网络.py"
        run_id = make_result(session, measured, wrong=wrong).id
        session.get_one(tables.Result, run_id).weights_sha256 = store(bytes(range(256)) * 9 + handle.encode())
        make_submission(session, student, title="queued")


def everything() -> Everything:
    """Every row of every table, the engine's own too, and every stored file."""
    with get_engine().connect() as connection:
        inspector = sa.inspect(connection)
        schemas = [None, "dbos"] if "dbos" in inspector.get_schema_names() else [None]
        rows = {
            f"{schema or 'main'}.{name}": _rows(connection, schema, name)
            for schema in schemas
            for name in inspector.get_table_names(schema)
        }
    blobs = get_blobs()
    return {"rows": rows, "files": {sha256: blobs.open(sha256).read() for sha256 in blobs.stored()}}


def _rows(connection: sa.Connection, schema: str | None, name: str) -> list[str]:
    quote = connection.dialect.identifier_preparer.quote
    table = f"{quote(schema)}.{quote(name)}" if schema else quote(name)
    return sorted(repr(tuple(row)) for row in connection.exec_driver_sql(f"SELECT * FROM {table}"))


def members(file: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    """All that is in a backup."""
    with tarfile.open(file) as tar:
        return [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]


def write(file: Path, contents: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """An archive of these members."""
    with tarfile.open(file, "w") as tar:
        for member, content in contents:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content))
    return file


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    """A member of an archive."""
    found = tarfile.TarInfo(name)
    found.type, found.linkname, found.mtime = kind, target, int(tables.now().timestamp())
    return found
