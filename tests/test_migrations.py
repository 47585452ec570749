"""Migrations, on SQLite and on PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from app.core import schema
from app.core.database import make_engine
from app.core.errors import NotReady
from app.core.jobs import Jobs
from app.core.settings import CHECKOUT

pytest_plugins = ["tests.postgres"]

MIGRATE_TABLES = """
import sys
from app.core.database import make_engine
from app.core.jobs import Jobs
from app.core.schema import check_tables, migrate_tables
engine = make_engine(sys.argv[1])
migrate_tables(engine)
Jobs(engine).migrate(worker_concurrency=1, poll_interval_s=0.25)
check_tables(engine)
"""


@pytest.fixture
def engine(empty_database: str) -> Iterator[sa.Engine]:
    made = make_engine(empty_database)
    yield made
    made.dispose()


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in SQLModel.metadata.tables


def downgrade(engine: sa.Engine, revision: str) -> None:
    config = schema.alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def differences(engine: sa.Engine) -> list[object]:
    """What Alembic would change to make the database equal to the classes."""
    with engine.connect() as connection:
        options = {"include_name": is_ours, "compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata))


@pytest.fixture
def jobs(engine: sa.Engine) -> Iterator[Jobs]:
    facade = Jobs(engine)
    yield facade
    facade.close()


def test_an_empty_database_brought_up_to_date_equals_the_classes(engine: sa.Engine) -> None:
    schema.migrate_tables(engine)

    assert differences(engine) == []


def test_a_column_too_many_is_noticed_by_the_comparison(engine: sa.Engine) -> None:
    schema.migrate_tables(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE run ADD COLUMN surplus INTEGER")

    assert len(differences(engine)) == 1


def test_the_engines_tables_beside_ours_are_no_difference(engine: sa.Engine) -> None:
    schema.migrate_tables(engine)
    facade = Jobs(engine)
    facade.migrate(worker_concurrency=1, poll_interval_s=0.25)
    facade.close()

    assert differences(engine) == []


def test_migrating_again_is_harmless(engine: sa.Engine) -> None:
    schema.migrate_tables(engine)
    schema.migrate_tables(engine)

    schema.check_tables(engine)


def test_going_down_to_nothing_leaves_no_table_of_ours(engine: sa.Engine) -> None:
    schema.migrate_tables(engine)

    downgrade(engine, "base")

    assert set(sa.inspect(engine).get_table_names()) == {"alembic_version"}


def test_going_down_and_up_again_equals_the_classes(engine: sa.Engine) -> None:
    schema.migrate_tables(engine)
    downgrade(engine, "base")

    schema.migrate_tables(engine)

    assert differences(engine) == []


def test_two_processes_that_start_at_once_both_succeed(empty_database: str, engine: sa.Engine) -> None:
    command_line = [sys.executable, "-c", MIGRATE_TABLES, empty_database]
    started = [subprocess.Popen(command_line, cwd=CHECKOUT, stderr=subprocess.PIPE, text=True) for _ in range(2)]

    errors = [process.communicate(timeout=60)[1] for process in started]

    assert [process.returncode for process in started] == [0, 0], errors
    assert differences(engine) == []


def test_an_empty_database_is_named_as_not_migrated(engine: sa.Engine) -> None:
    with pytest.raises(NotReady, match="mnist-benchmark migrate"):
        schema.check_tables(engine)


def test_missing_tables_of_the_engine_are_named_as_not_migrated(engine: sa.Engine, jobs: Jobs) -> None:
    schema.migrate_tables(engine)

    with pytest.raises(NotReady, match="mnist-benchmark migrate"):
        jobs.check()


def test_the_engines_tables_can_be_migrated_and_its_queue_registered_again(jobs: Jobs) -> None:
    jobs.migrate(worker_concurrency=1, poll_interval_s=0.25)

    jobs.migrate(worker_concurrency=3, poll_interval_s=0.5)

    jobs.check()


# Forks, because locks are between processes, and importing takes longer than the race lasts. Without the waiting in
# `database._switch_to_wal` about one connection in 150 fails here.
CONNECT_AT_ONCE = """
import os, sys, time
from app.core.database import make_engine
for attempt in range(60):
    start = time.time() + 0.02
    engine = make_engine(f"sqlite:///{sys.argv[1]}/{attempt}.sqlite")
    children = []
    for _ in range(4):
        if not (child := os.fork()):
            time.sleep(max(0, start - time.time()))
            with engine.connect() as connection:
                connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS thing (id INTEGER)")
                mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
            os._exit(0 if mode == "wal" else 1)
        children.append(child)
    failures = sum(os.waitpid(child, 0)[1] != 0 for child in children)
    if failures:
        sys.exit(f"{failures} of 4 failed in attempt {attempt}")
"""


def test_processes_that_open_a_new_file_at_once_all_get_write_ahead_logging(tmp_path: Path) -> None:
    command_line = [sys.executable, "-c", CONNECT_AT_ONCE, str(tmp_path)]

    done = subprocess.run(command_line, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
