"""Settings, their names in the environment, and the secret key."""

import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.core.settings import CHECKOUT, Settings

PRINT_KEY = "from app.core.settings import get_settings; print(get_settings().resolved_secret_key)"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("DATA_DIR", "/srv/board", Path("/srv/board")),
        ("MNIST_DIR", "/srv/mnist", Path("/srv/mnist")),
        ("DATASET", "practice", "practice"),
        ("HOST", "0.0.0.0", "0.0.0.0"),
        ("PORT", "9000", 9000),
        ("SECRET_KEY", "a secret", "a secret"),
        ("UPLOAD_LIMIT_BYTES", "1000", 1000),
        ("RUN_TIME_LIMIT_S", "60.5", 60.5),
        ("MEMORY_LIMIT_BYTES", "4294967296", 4294967296),
        ("WORKER_CONCURRENCY", "2", 2),
        ("WORKER_THREADS", "4", 4),
        ("POLL_INTERVAL_S", "0.5", 0.5),
        ("HEARTBEAT_INTERVAL_S", "1", 1.0),
        ("LEASE_S", "10", 10.0),
        ("PUBLIC_URL", "https://mnist.school.cn/", "https://mnist.school.cn"),
        ("PUBLIC_URL", "http://[2001:db8::1]:8000", "http://[2001:db8::1]:8000"),
    ],
)
def test_a_setting_is_read_from_the_variable_of_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: Any
) -> None:
    monkeypatch.setenv(name, text)

    assert getattr(Settings(), name.lower()) == value


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")

    assert Settings().port == 8000


@pytest.mark.parametrize(
    ("name", "text"),
    [("PORT", "0"), ("PORT", "65536"), ("DATASET", "cifar"), ("UPLOAD_LIMIT_BYTES", "0"), ("WORKER_CONCURRENCY", "0")]
    + [("PUBLIC_URL", url) for url in ("mnist.school.cn", "https://a.cn/board", "javascript:x", "https://a b")],
)
def test_a_setting_without_sense_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)

    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


@pytest.mark.parametrize(
    ("given", "resolved"),
    [
        ("postgres://amy@db/board", "postgresql+psycopg://amy@db/board"),
        ("postgresql://amy:pw@db:5433/board", "postgresql+psycopg://amy:pw@db:5433/board"),
        ("postgresql+psycopg://db/board", "postgresql+psycopg://db/board"),
        ("sqlite:////srv/board.sqlite", "sqlite:////srv/board.sqlite"),
        ("postgresql://amy:postgresql://@db/board", "postgresql+psycopg://amy:postgresql://@db/board"),
    ],
)
def test_a_database_url_gets_the_driver_that_we_install(
    monkeypatch: pytest.MonkeyPatch, given: str, resolved: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", given)

    assert Settings().resolved_database_url == resolved


def test_without_urls_database_and_uploads_lie_in_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    settings = Settings()

    assert settings.resolved_database_url == f"sqlite:///{tmp_path}/board.sqlite"
    assert settings.resolved_blob_url == f"{tmp_path}/blobs"


def test_a_relative_data_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", "here")

    assert Settings().data_dir == tmp_path / "here"


def test_the_kept_key_is_long_and_only_its_owner_may_read_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SECRET_KEY", raising=False)

    key = Settings().resolved_secret_key

    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_eight_threads_at_once_make_one_key_and_leave_no_drafts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: Settings().resolved_secret_key, range(8)))

    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_four_processes_at_once_make_one_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SECRET_KEY", raising=False)
    command = [sys.executable, "-c", PRINT_KEY]
    started = [subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) for _ in range(4)]

    keys = [process.communicate(timeout=30)[0] for process in started]

    assert len(set(keys)) == 1
    assert keys[0].strip() == (tmp_path / "secret_key").read_text()
