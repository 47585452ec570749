"""What tests share: a folder of their own with a migrated database, and the caches of the process emptied."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import argon2
import pytest
import sqlalchemy as sa
from sqlmodel import Session
from xdist.scheduler import LoadScopeScheduling

from app.core import blobs, database, jobs, passwords, schema, settings
from app.core.seeding import seed_people
from worker.dataset import find_mnist

# Tests that start workers, sandboxes and browsers, and watch the clock: never two of them at once.
MACHINE = (
    "test_browser",
    "test_corpus",
    "test_sandbox",
    "test_supervisor",
    "test_worker",
)


class WholeFiles(LoadScopeScheduling):
    """What may run side by side where pytest-xdist has two processes: whole files, those of MACHINE as if one.

    Its own marks for groups stand for nothing with this pytest, which keeps the ids of tests elsewhere.
    """

    def _split_scope(self, nodeid: str) -> str:
        name = Path(nodeid.partition("::")[0]).stem
        return "machine" if name.startswith(MACHINE) else name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> WholeFiles:
    """Use it."""
    return WholeFiles(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what needs the real MNIST where it is not."""
    for item in items:
        if item.get_closest_marker("mnist") and not has_mnist():
            item.add_marker(pytest.mark.skip(reason="the MNIST files are not here"))


@cache
def has_mnist() -> bool:
    """Whether the real files are on this machine; no test fetches them."""
    return find_mnist(settings.Settings()) is not None


def clear_caches() -> None:
    """Forget the settings, the engine and what hangs on them."""
    if database.get_engine.cache_info().currsize:
        database.get_engine().dispose()
    if jobs.get_jobs.cache_info().currsize:
        jobs.get_jobs().close()
    for cached in (settings.get_settings, database.get_engine, jobs.get_jobs, blobs.get_blobs):
        cached.cache_clear()
    # Only where the web is loaded: tests of the worker do without it.
    if rates := sys.modules.get("app.web.api.rates"):
        rates.get_rates.cache_clear()


def migrate_and_seed(engine: sa.Engine) -> None:
    """Give an empty database all tables, the engine's too, and one class."""
    schema.migrate_tables(engine)
    facade = jobs.Jobs(engine)
    facade.migrate(worker_concurrency=1, poll_interval_s=0.1)
    facade.close()
    with Session(engine) as session, session.begin():
        seed_people(session)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """The same argon2id, in a thousandth of the time: its cost is for thieves, and was half of the whole suite's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(passwords, "_NOBODYS_HASH", passwords.hash_password("of nobody"))
        yield


@pytest.fixture(autouse=True)
def same_umask() -> Iterator[None]:
    """The command line closes new files to others; the tests after it must not notice."""
    umask = os.umask(0o022)
    os.umask(umask)
    yield
    os.umask(umask)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables and one class, copied for each test: migrating takes half a second."""
    path = tmp_path_factory.mktemp("migrated") / "board.sqlite"
    engine = database.make_engine(f"sqlite:///{path}")
    migrate_and_seed(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@contextmanager
def data_folder(folder: Path, database_file: Path, patch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a folder with a copy of a database, and let it be DATA_DIR as long as the patch holds."""
    folder.mkdir()
    shutil.copy(database_file, folder / "board.sqlite")
    patch.setenv("DATA_DIR", str(folder))
    patch.setenv("SECRET_KEY", "a key for tests only")
    patch.delenv("DATABASE_URL", raising=False)
    clear_caches()
    yield folder
    clear_caches()


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite: Path) -> Iterator[Path]:
    """DATA_DIR of this test, with a database in it."""
    with data_folder(tmp_path / "data", migrated_sqlite, monkeypatch) as folder:
        yield folder


@pytest.fixture
def session(data_dir: Path) -> Iterator[Session]:
    """A session on the test's database; what the test wants others to see it must commit."""
    with Session(database.get_engine(), expire_on_commit=False) as opened:
        yield opened
