"""Migrations, on SQLite and on PostgreSQL."""

import json
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
    with schema.migrating(engine) as config:
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


OLD_ROWS = """
INSERT INTO classroom VALUES (1, 'A class', 'code', '2026-11-01');
INSERT INTO "user" VALUES (1, 'lin', 'Lin', '', 'student', '', '2026-11-01');
INSERT INTO submission VALUES (1, 'first', 1, 1, NULL, 'train', 'mnist', 'A', 'mlp', '{}', :with_true, NULL, NULL, '',
 :no, NULL, NULL, '2026-11-01', NULL);
INSERT INTO submission VALUES (2, 'second', 1, 1, 'first', 'train', 'mnist', 'B', 'mlp', '{}', :with_false, NULL, NULL,
 '', :no, 'key', NULL, '2026-11-01', NULL);
INSERT INTO submission VALUES (7, 'seventh', 1, 1, NULL, 'train', 'mnist', 'C', 'mlp', '{}', :without, NULL, NULL, '',
 :no, NULL, NULL, '2026-11-01', NULL);
INSERT INTO run VALUES ('run', 'second', 1, '2026-11-01', NULL, NULL, 'ok', NULL, NULL, NULL, NULL, NULL);
INSERT INTO result VALUES ('run', 1, 1, 0.5, :bytes, :hits, :confidences, '[]', '[]', :bytes, 1, 1, '[]', 1.0, NULL,
 '2026-11-01');
INSERT INTO heartbeat VALUES ('worker', 1.0, 1.0, 'host', 'CPU');
"""
OLD_VALUES = {
    "with_true": '{"epochs": 3, "normalize": true}',
    "with_false": '{"epochs": 3, "normalize": false}',
    "without": "null",
    "no": False,
    "bytes": b"x",
    # One image, read right with a confidence of 3/4.
    "hits": b"\x80",
    "confidences": b"\x00\x3a",
}


@pytest.fixture
def old_engine(engine: sa.Engine) -> sa.Engine:
    """A database of the first version, with something in it."""
    schema.migrate_tables(engine, "0001")
    with engine.begin() as connection:
        for statement in OLD_ROWS.strip().split(";\n"):
            text = sa.text(statement.removesuffix(";"))
            connection.execute(text, {name: OLD_VALUES[name] for name in text._bindparams})
    return engine


def rows(engine: sa.Engine, statement: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def as_json(value: object) -> object:
    """What a JSON column holds: Postgres' driver reads it, SQLite's does not."""
    return json.loads(value) if isinstance(value, str) else value


def test_the_switch_for_normalizing_in_old_recipes_becomes_a_choice(old_engine: sa.Engine) -> None:
    schema.migrate_tables(old_engine)

    recipes = [as_json(row[0]) for row in rows(old_engine, "SELECT recipe FROM submission ORDER BY number")]
    assert recipes == [{"epochs": 3, "normalize": "mnist"}, {"epochs": 3, "normalize": "none"}, None]


def test_a_database_brought_up_with_rows_in_it_equals_the_classes_and_keeps_them(old_engine: sa.Engine) -> None:
    schema.migrate_tables(old_engine)

    assert differences(old_engine) == []
    assert rows(old_engine, "SELECT number, parent_id, class_name, arguments FROM submission ORDER BY number") == [
        (1, None, "", ""),
        (2, "first", "", ""),
        (7, None, "", ""),
    ]
    assert rows(old_engine, "SELECT run_id, correct FROM result") == [("run", 1)]
    assert [as_json(row[0]) for row in rows(old_engine, "SELECT detected FROM result")] == [{}]
    assert rows(old_engine, "SELECT executor_id, isolation, refusal FROM heartbeat") == [("worker", "", None)]
    assert rows(old_engine, "SELECT seed FROM run") == [(None,)]


def test_old_results_get_their_calibration_error_and_nothing_that_was_not_measured(old_engine: sa.Engine) -> None:
    schema.migrate_tables(old_engine)

    columns = "ece, flops, has_convolution, latency_one_ms, size_bytes, robustness, robust_accuracy, data_sha256"
    assert rows(old_engine, f"SELECT {columns} FROM result") == [(0.25, *[None] * 7)]


def test_an_old_class_stays_as_open_as_it_was_and_old_tokens_keep_their_powers(old_engine: sa.Engine) -> None:
    with old_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO api_token VALUES (1, 1, 'hash', 'laptop', '2026-11-01', NULL)")

    schema.migrate_tables(old_engine)

    columns = "sign_up, opens, closes, time_zone, daily_quota, epochs_cap, names, visibility, paused"
    assert rows(old_engine, f"SELECT {columns} FROM classroom") == [
        ("open", None, None, "Asia/Shanghai", 20, None, "real", "public", None)
    ]
    assert rows(old_engine, "SELECT name, scopes FROM api_token") == [("laptop", "read submit")]
    assert rows(old_engine, 'SELECT handle, session_mark, departed FROM "user"') == [("lin", "", None)]
    assert rows(old_engine, "SELECT DISTINCT hidden FROM submission") == [(None,)]


def test_going_down_to_the_third_version_keeps_the_rows(old_engine: sa.Engine) -> None:
    schema.migrate_tables(old_engine)

    downgrade(old_engine, "0003")

    assert rows(old_engine, "SELECT number, title FROM submission ORDER BY number") == [(1, "A"), (2, "B"), (7, "C")]
    assert rows(old_engine, 'SELECT handle, name FROM "user"') == [("lin", "Lin")]
    assert not {"comment", "charge", "audit", "attempt"} & set(sa.inspect(old_engine).get_table_names())


def test_going_down_to_the_second_version_keeps_the_rows(old_engine: sa.Engine) -> None:
    schema.migrate_tables(old_engine)

    downgrade(old_engine, "0002")

    assert rows(old_engine, "SELECT number, title FROM submission ORDER BY number") == [(1, "A"), (2, "B"), (7, "C")]
    assert rows(old_engine, "SELECT run_id, correct FROM result") == [("run", 1)]
    assert "claim" not in sa.inspect(old_engine).get_table_names()


def test_a_database_brought_up_step_by_step_has_the_constraints_of_a_new_one(old_engine: sa.Engine) -> None:
    schema.migrate_tables(old_engine)

    keys = {key["name"]: key["referred_table"] for key in sa.inspect(old_engine).get_foreign_keys("submission")}
    assert keys == {
        "fk_submission_claim_id": "claim",
        "fk_submission_classroom_id": "classroom",
        "fk_submission_parent_id": "submission",
        "fk_submission_user_id": "user",
    }
    unique = {found["name"] for found in sa.inspect(old_engine).get_unique_constraints("submission")}
    assert unique == {"uq_submission_id", "uq_submission_user_id_idempotency_key"}
    indexes = {found["name"] for found in sa.inspect(old_engine).get_indexes("submission")}
    assert {"ix_submission_claim_id", "ix_submission_classroom_id", "ix_submission_user_id"} <= indexes
    run_keys = {key["name"]: key["referred_table"] for key in sa.inspect(old_engine).get_foreign_keys("run")}
    assert run_keys == {"fk_run_submission_id": "submission", "fk_run_reevaluated_by": "user"}


def test_foreign_keys_are_watched_again_after_the_migration(old_engine: sa.Engine) -> None:
    schema.migrate_tables(old_engine)

    with pytest.raises(sa.exc.IntegrityError), old_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE run SET submission_id = 'nobody'")


def test_a_number_is_not_given_twice_after_the_migration(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    schema.migrate_tables(engine)

    ((table,),) = rows(engine, "SELECT sql FROM sqlite_master WHERE name = 'submission'")
    engine.dispose()
    assert "AUTOINCREMENT" in str(table)


def test_going_down_one_version_makes_the_choice_a_switch_again(old_engine: sa.Engine) -> None:
    schema.migrate_tables(old_engine)

    downgrade(old_engine, "0001")

    recipes = [as_json(row[0]) for row in rows(old_engine, "SELECT recipe FROM submission ORDER BY number")]
    assert recipes == [{"epochs": 3, "normalize": True}, {"epochs": 3, "normalize": False}, None]
    assert "model_file_name" not in {found["name"] for found in sa.inspect(old_engine).get_columns("submission")}


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
