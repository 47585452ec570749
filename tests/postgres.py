"""A real PostgreSQL for tests, started on a Unix socket in a folder of its own and gone at the end."""

import getpass
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from app.core import database
from tests.conftest import clear_caches, migrate_and_seed

# Durability costs time and this data is thrown away.
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200")


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def server_user() -> str:
    """PostgreSQL refuses to run as root."""
    return getpass.getuser() if os.geteuid() else "postgres" if _exists("postgres") else "nobody"


def _exists(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


@contextmanager
def run_server(binaries: Path) -> Iterator[str]:
    """A server; gives the URL of its first database."""
    # pytest's own folders may only be entered by their owner, and the server is somebody else.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = server_user() if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    initdb = [binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"]
    subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, capture_output=True, user=user, cwd="/")
    with (folder / "log").open("wb") as log:
        command = [binaries / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", *FAST]
        server = subprocess.Popen(command, stdout=log, stderr=log, user=user, cwd="/")
    try:
        ready = [binaries / "pg_isready", "-h", folder, "-q"]
        subprocess.run(["timeout", "30", "sh", "-c", 'until "$@"; do sleep 0.05; done', "sh", *ready], check=True)
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(30)
        shutil.rmtree(folder)


class Server:
    """A running server, and a database on it with all tables and one class, to be copied."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        self.migrated = ""

    def create(self, template: str = "template0") -> str:
        """A new database; its URL."""
        name = f"test_{uuid.uuid4().hex}"
        with self.admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url.set(database=name).render_as_string(hide_password=False)

    def create_migrated(self) -> str:
        """A new database with all tables and one class."""
        if not self.migrated:
            self.migrated = self._migrate(self.create())
        return self.create(self.migrated)

    @staticmethod
    def _migrate(url: str) -> str:
        engine = database.make_engine(url)
        migrate_and_seed(engine)
        engine.dispose()
        return str(engine.url.database)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    binaries = find_binaries()
    if binaries is None:
        missing = "PostgreSQL is not installed (apt-get install postgresql); nothing was tested on it"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with run_server(binaries) as url:
        yield Server(url)


@contextmanager
def nothing_left_open() -> Iterator[None]:
    """Close what a thread of the web still held when its engine was closed: psycopg would tell it to a later test."""
    made: list[psycopg.Connection] = []

    def note(connection: object, _record: object) -> None:
        if isinstance(connection, psycopg.Connection):
            made.append(connection)

    sa.event.listen(sa.Pool, "connect", note)
    yield
    sa.event.remove(sa.Pool, "connect", note)
    for connection in made:
        connection.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_database(request: pytest.FixtureRequest, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The process' database, first SQLite, then PostgreSQL; migrated, with one class."""
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres_server")
        monkeypatch.setenv("DATABASE_URL", server.create_migrated())
        clear_caches()
    with nothing_left_open():
        yield request.param
        clear_caches()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    server: Server = request.getfixturevalue("postgres_server")
    return server.create()
