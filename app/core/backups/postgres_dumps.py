"""A PostgreSQL database: dumped and restored by PostgreSQL's own programs, each in one transaction."""

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from app.core.backups.facts import Facts, read_facts
from app.core.backups.manifest import BackupProblem

# Ours and the engine's. Whatever else is in the database is not ours to dump or to move.
SCHEMAS = ("public", "dbos")
INSTALLED = Path("/usr/lib/postgresql")
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
# What is made before the dump's own content: see `_script`.
MADE_BEFORE = re.compile(rf" (?:SCHEMA - (?:{'|'.join(SCHEMAS)})|(?:COMMENT|ACL) - SCHEMA) ")
SAID_MAXIMUM = 600
# A server notices within moments that a client has gone.
LEAVING_S = 2.0


@dataclass(frozen=True)
class Server:
    """Where a database is, as PostgreSQL's programs are told it. The password goes by the environment: others can read
    the arguments of a process."""

    address: str
    password: str | None
    major: int

    def run(self, program: str, *arguments: str | Path, names_database: bool = True) -> str:
        """Run one of the programs. Raises BackupProblem where it is missing, too old, or fails."""
        where = [f"--dbname={self.address}"] if names_database else []
        environment = os.environ | ({"PGPASSWORD": self.password} if self.password else {})
        command = [str(find_program(program, self.major)), *map(str, arguments), *where]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise BackupProblem(f"{program} failed: {done.stderr.strip()[-SAID_MAXIMUM:]}")
        return done.stdout


def find_server(engine: sa.Engine) -> Server:
    """The server of an engine."""
    url = engine.url.set(drivername="postgresql", password=None)
    with engine.connect() as connection:
        major = int(connection.scalar(sa.text("SHOW server_version_num"))) // 10_000
    return Server(url.render_as_string(), engine.url.password, major)


def find_program(name: str, major: int) -> Path:
    """A program of at least the server's version: older ones refuse to talk to it.

    Raises:
        BackupProblem: if there is none.
    """
    on_path = shutil.which(name)
    found = [Path(on_path)] if on_path else []
    found += sorted(INSTALLED.glob(f"*/bin/{name}"), reverse=True)
    if not found:
        raise BackupProblem(f"{name} is not installed here. Install the client of PostgreSQL {major} or newer.")
    versions = {path: _version(path) for path in found}
    fitting = [path for path, version in versions.items() if version >= major]
    if not fitting:
        raise BackupProblem(
            f"{name} here is of PostgreSQL {max(versions.values())}, and the server is {major}. "
            f"Install the client of PostgreSQL {major} or newer."
        )
    return fitting[0]


def _version(path: Path) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    match = VERSION.search(said)
    return int(match[1]) if match else 0


def dump_database(engine: sa.Engine, target: Path) -> Facts:
    """Dump a database as it is at one moment while the service runs, and say what was in it at that moment."""
    server = find_server(engine)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
        check_schema(connection)
        facts = read_facts(connection)
        snapshot = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
        schemas = [f"--schema={name}" for name in SCHEMAS]
        plain = ["--format=custom", "--compress=0", "--no-owner", "--no-privileges"]
        server.run("pg_dump", *plain, *schemas, f"--snapshot={snapshot}", f"--file={target}")
    return facts


def check_schema(connection: sa.Connection) -> None:
    """Raise BackupProblem unless our tables are where a dump looks for them."""
    found = connection.scalar(sa.text("SELECT current_schema()"))
    if found != SCHEMAS[0]:
        raise BackupProblem(
            f"The service's tables are in the schema “{found}”; backups are made of “{SCHEMAS[0]}” only. "
            "Use pg_dump and pg_restore yourself."
        )


def is_empty(engine: sa.Engine) -> bool:
    """Whether the database has neither our tables nor the engine's."""
    with engine.connect() as connection:
        check_schema(connection)
        query = sa.text("SELECT 1 FROM pg_tables WHERE schemaname = ANY(:names) LIMIT 1")
        return connection.scalar(query, {"names": list(SCHEMAS)}) is None


def check_unused(engine: sa.Engine) -> None:
    """Raise BackupProblem if the service, or anybody else with its name, is connected."""
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    deadline = time.monotonic() + LEAVING_S
    others = _count(engine, query)
    while others and time.monotonic() < deadline:
        time.sleep(0.1)
        others = _count(engine, query)
    if others:
        raise BackupProblem(
            f"The service is using the database ({others} connections). Stop it first: web, workers, all."
        )


def _count(engine: sa.Engine, query: sa.TextClause) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(query) or 0)


def replace_database(engine: sa.Engine, dump: Path, suffix: str | None) -> None:
    """Restore a dump in one transaction; what was there keeps its rows in schemas with that suffix.

    Raises:
        BackupProblem: if it fails; then nothing has changed.
    """
    server = find_server(engine)
    before, content = _script(server, dump, suffix)
    server.run(
        "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
        f"--file={before}", f"--file={content}",
    )  # fmt: skip


def _script(server: Server, dump: Path, suffix: str | None) -> tuple[Path, Path]:
    """What makes room for a dump, and the dump itself as SQL. The schemas are made by the first."""
    listed, before, content = (dump.with_suffix(end) for end in (".list", ".before.sql", ".sql"))
    lines = server.run("pg_restore", "--list", dump, names_database=False).splitlines(keepends=True)
    listed.write_text("".join(line for line in lines if not MADE_BEFORE.search(line)))
    server.run(
        "pg_restore", "--no-owner", "--no-privileges", f"--use-list={listed}", f"--file={content}", dump,
        names_database=False,
    )  # fmt: skip
    moved = [_moved(name, suffix) for name in SCHEMAS] if suffix else []
    before.write_text("\n".join([*moved, *(f"CREATE SCHEMA IF NOT EXISTS {name};" for name in SCHEMAS)]))
    return before, content


def _moved(schema: str, suffix: str) -> str:
    """SQL that renames a schema, if there is one."""
    return (
        f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_namespace WHERE nspname = '{schema}') "
        f"THEN ALTER SCHEMA {schema} RENAME TO {schema}_{suffix}; END IF; END $$;"
    )
