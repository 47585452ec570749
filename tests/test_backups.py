"""A backup is the whole service: what is restored is what was there, on either engine."""

import contextlib
import json
import os
import sqlite3
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.core.backups import postgres_dumps
from app.core.backups.sqlite_files import copy_database
from app.core.blobs import get_blobs
from app.core.database import get_engine
from app.core.schema import migrate_tables
from tests.backup_ground import everything, make_work, members, run, store
from tests.conftest import clear_caches

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def backup(either_database: str, tmp_path: Path) -> Path:
    """Of a service with one student's work."""
    make_work("ada", wrong=20)
    file = tmp_path / "backup.tar.gz"
    made = run("backup", file)
    assert made.exit_code == 0, made.output
    return file


def test_every_row_and_every_file_comes_back(backup: Path) -> None:
    before = everything()
    make_work("ben", wrong=30)

    found = run("restore", backup, "--force")

    after = everything()
    assert found.exit_code == 0, found.output
    assert after["rows"] == before["rows"]
    assert before["files"].items() <= after["files"].items()
    assert len(before["files"]) == 2


def test_it_comes_back_where_there_is_nothing(
    backup: Path, either_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    before = everything()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))
    if either_database == "postgres":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("postgres_server").create())

    found = run("restore", backup)

    assert found.exit_code == 0, found.output
    assert everything() == before
    assert run("migrate").exit_code == 0


def test_the_service_works_on_what_was_restored(backup: Path) -> None:
    run("restore", backup, "--force")

    make_work("cleo", wrong=10)

    assert any("cleo" in row for row in everything()["rows"]["main.user"])


def test_what_was_there_is_kept_aside(backup: Path, either_database: str) -> None:
    make_work("ben", wrong=30)
    before = everything()["rows"]

    aside = json.loads(run("restore", backup, "--force", "--json").stdout)["set_aside"]

    if either_database == "sqlite":
        with contextlib.closing(sqlite3.connect(aside)) as connection:
            handles = connection.execute("SELECT handle FROM user").fetchall()
    else:
        with get_engine().connect() as connection:
            handles = connection.exec_driver_sql(f'SELECT handle FROM {aside.partition(",")[0]}."user"').fetchall()
    assert len(handles) == len(before["main.user"])
    assert ("ben",) in [tuple(row) for row in handles]


def test_a_database_that_is_there_is_not_touched_unless_asked(backup: Path) -> None:
    make_work("ben", wrong=30)
    before = everything()

    found = run("restore", backup)

    assert found.exit_code == 1
    assert "--force" in found.stderr
    assert everything() == before


def test_nothing_is_restored_under_a_service_that_runs(backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_dumps, "LEAVING_S", 0)
    before = everything()
    service = sa.create_engine(get_engine().url)
    with service.connect() as connection:
        connection.exec_driver_sql('SELECT count(*) FROM "user"')
        connection.commit()

        found = run("restore", backup, "--force")

    service.dispose()
    assert found.exit_code == 1
    assert "Stop it first" in found.stderr
    assert everything() == before


def test_checking_reads_everything_and_changes_nothing(backup: Path) -> None:
    make_work("ben", wrong=30)
    before = everything()

    found = json.loads(run("restore", backup, "--check", "--json").stdout)

    assert (found["restored"], found["files"], found["rows"]["submission"], found["missing"]) == (False, 2, 2, [])
    assert everything() == before


@pytest.mark.parametrize("name", ["b.tar", "b.tgz", "B.TAR.GZ"])
def test_the_name_says_how_it_is_written(data_dir: Path, tmp_path: Path, name: str) -> None:
    assert run("backup", tmp_path / name).exit_code == 0
    assert run("restore", tmp_path / name, "--check").exit_code == 0


@pytest.mark.parametrize("name", ["backup", "backup.zip", "tar"])
def test_a_name_that_does_not_say_it_is_refused(data_dir: Path, tmp_path: Path, name: str) -> None:
    found = run("backup", tmp_path / name)

    assert found.exit_code == 1
    assert f"“{name}”" in found.stderr
    assert list(tmp_path.glob("*backup*")) == []


def test_a_backup_is_nobody_elses_to_read(data_dir: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "b.tar")

    assert (tmp_path / "b.tar").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_replaced_only_if_asked(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_text("mine")

    refused = run("backup", tmp_path / "b.tar")
    kept = (tmp_path / "b.tar").read_text()
    replaced = run("backup", tmp_path / "b.tar", "--force")

    assert (refused.exit_code, kept, replaced.exit_code) == (1, "mine", 0)


def test_a_folder_that_is_not_there_is_named(data_dir: Path, tmp_path: Path) -> None:
    found = run("backup", tmp_path / "nowhere" / "b.tar")

    assert found.exit_code == 1
    assert "nowhere" in found.stderr


def test_a_database_that_is_not_there_is_named(data_dir: Path, tmp_path: Path) -> None:
    (data_dir / "board.sqlite").unlink()

    found = run("backup", tmp_path / "b.tar")

    assert found.exit_code == 1
    assert f"There is no database at {data_dir}/board.sqlite" in found.stderr
    assert not (data_dir / "board.sqlite").exists()


def test_files_that_are_lost_or_damaged_are_told_and_the_rest_is_saved(data_dir: Path, tmp_path: Path) -> None:
    make_work("ada", wrong=20)
    lost, damaged = sorted(get_blobs().stored())
    get_blobs().remove(lost)
    (data_dir / "blobs" / damaged[:2] / damaged).write_bytes(b"rotten")
    good = store(b"good")

    found = run("backup", tmp_path / "b.tar", "--json")

    assert found.exit_code == 0
    assert "2 files" in found.stderr
    assert json.loads(found.stdout)["missing"] == sorted([lost, damaged])
    assert [each.name for each, _ in members(tmp_path / "b.tar")] == [
        "database.sqlite",
        f"blobs/{good}",
        "manifest.json",
    ]


def test_a_damaged_file_is_mended_by_a_restore(backup: Path, data_dir: Path) -> None:
    before = everything()
    sha256 = next(iter(before["files"]))
    (data_dir / "blobs" / sha256[:2] / sha256).write_bytes(b"rotten")

    run("restore", backup, "--force")

    assert everything() == before


def test_the_secret_key_is_left_out_unless_asked(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY")
    run("backup", tmp_path / "without.tar")
    run("backup", tmp_path / "with.tar", "--with-secret-key")
    key = (data_dir / "secret_key").read_bytes()
    assert "secret_key" not in [each.name for each, _ in members(tmp_path / "without.tar")]

    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))
    run("restore", tmp_path / "with.tar")

    restored = tmp_path / "new" / "secret_key"
    assert restored.read_bytes() == key
    assert restored.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_there_stays(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")
    run("backup", tmp_path / "b.tar", "--with-secret-key")
    (data_dir / "secret_key").write_text("another")

    found = json.loads(run("restore", tmp_path / "b.tar", "--force", "--json").stdout)

    assert found["took_secret_key"] is False
    assert (data_dir / "secret_key").read_text() == "another"


def test_a_copy_holds_whole_transactions_while_others_write(data_dir: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    wrote = threading.Event()

    def write_pairs() -> None:
        with contextlib.closing(sqlite3.connect(data_dir / "board.sqlite", timeout=30)) as connection:
            while not stop.is_set():
                with connection:
                    connection.executemany("INSERT INTO attempt (key, created) VALUES (?, ?)", [("k", "2026")] * 2)
                wrote.set()

    writer = threading.Thread(target=write_pairs)
    writer.start()
    wrote.wait(30)
    for number in range(20):
        copy_database(data_dir / "board.sqlite", tmp_path / f"{number}.sqlite")
    stop.set()
    writer.join(30)

    counts = []
    for number in range(20):
        with contextlib.closing(sqlite3.connect(tmp_path / f"{number}.sqlite")) as connection:
            counts.append(connection.execute("SELECT count(*) FROM attempt").fetchone()[0])
    assert all(count % 2 == 0 for count in counts)
    assert counts[-1] > 0


def test_a_database_of_an_older_version_is_saved_and_brought_up_to_date_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "old"))
    clear_caches()
    migrate_tables(get_engine(), "0002")
    with get_engine().begin() as connection:
        connection.exec_driver_sql("INSERT INTO user (handle, name, password_hash, role, language, created) "
                                   "VALUES ('ada', 'Ada', '', 'student', '', '2026-01-01 00:00:00')")  # fmt: skip

    made = run("backup", tmp_path / "b.tar")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))
    found = run("restore", tmp_path / "b.tar")
    migrated = run("migrate")

    assert (made.exit_code, found.exit_code, migrated.exit_code) == (0, 0, 0)
    assert "run mnist-benchmark migrate" in found.stdout
    assert any("ada" in row for row in everything()["rows"]["main.user"])
    clear_caches()


def test_the_rest_of_another_database_is_not_taken_for_a_part_of_the_new_one(data_dir: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "b.tar")
    (data_dir / "board.sqlite").rename(data_dir / "old.sqlite")
    (data_dir / "board.sqlite-wal").write_bytes(b"left behind")

    found = run("restore", tmp_path / "b.tar")

    assert found.exit_code == 1
    assert "board.sqlite-wal is there without its database" in found.stderr


@pytest.mark.postgres
class TestPostgresPrograms:
    """What the commands say of PostgreSQL's own programs."""

    @pytest.fixture(autouse=True)
    def on_postgres(self, data_dir: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("postgres_server").create_migrated())
        clear_caches()

    @pytest.fixture
    def programs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The only folder in which programs are looked for."""
        folder = tmp_path / "bin"
        folder.mkdir()
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setattr(postgres_dumps, "INSTALLED", folder)
        return folder

    def test_missing_programs_are_named(self, programs: Path, tmp_path: Path) -> None:
        found = run("backup", tmp_path / "b.tar")

        assert found.exit_code == 1
        assert "pg_dump is not installed here" in found.stderr

    def test_programs_older_than_the_server_are_refused_with_both_versions(
        self, programs: Path, tmp_path: Path
    ) -> None:
        (programs / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6'\n")
        (programs / "pg_dump").chmod(0o755)

        found = run("backup", tmp_path / "b.tar")

        assert found.exit_code == 1
        assert "pg_dump here is of PostgreSQL 9, and the server is " in found.stderr

    def test_a_restore_that_the_server_refuses_leaves_everything_as_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
    ) -> None:
        make_work("ada", wrong=20)
        run("backup", tmp_path / "b.tar")
        before = everything()
        store_before = set(before["files"])
        [get_blobs().remove(sha256) for sha256 in store_before]
        with get_engine().begin() as connection:
            connection.exec_driver_sql(f'CREATE ROLE "guest_{os.getpid()}" LOGIN')
        url = get_engine().url
        guest = url.set(username=f"guest_{os.getpid()}").render_as_string(hide_password=False)
        monkeypatch.setenv("DATABASE_URL", guest)

        found = run("restore", tmp_path / "b.tar", "--force")

        monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        clear_caches()
        assert found.exit_code == 1
        assert "must be owner of schema public" in found.stderr
        assert everything() == {"rows": before["rows"], "files": {}}

    def test_a_password_is_in_no_argument(self) -> None:
        engine = sa.create_engine(get_engine().url.set(password="se:c/ret"))

        server = postgres_dumps.find_server(engine)

        engine.dispose()
        assert "ret" not in server.address
        assert server.password == "se:c/ret"


def test_what_a_killed_restore_left_is_swept_a_day_later(data_dir: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "b.tar")
    for name, age_s in ((".restore-old", 2 * 86_400), (".restore-new", 60)):
        (data_dir / name).mkdir()
        os.utime(data_dir / name, (time.time() - age_s,) * 2)

    run("restore", tmp_path / "b.tar", "--force")

    assert [path.name for path in data_dir.glob(".restore-*")] == [".restore-new"]
