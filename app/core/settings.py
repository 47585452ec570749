"""The only reader of the environment. Every setting, its unit, its default and why."""

import contextlib
import os
import re
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parents[2]

# A link or a cookie signed with a key that others know is no signature.
SECRET_KEY_BYTES = 32


class Settings(BaseSettings):
    """Settings by environment variable of the same name in capitals, e.g. `DATA_DIR`."""

    model_config = SettingsConfigDict(env_prefix="", extra="ignore", env_ignore_empty=True)

    data_dir: Path = Field(default=CHECKOUT / "data", description="MNIST, the SQLite file, uploads and the secret key.")
    database_url: str = Field(default="", description="SQLAlchemy URL; default: board.sqlite in DATA_DIR.")
    blob_url: str = Field(default="", description="Where uploads go: a folder or an fsspec URL such as s3://bucket/x.")
    mnist_dir: Path | None = Field(default=None, description="Folder with MNIST/raw or the four IDX files.")
    dataset: Literal["mnist", "practice"] = Field(
        default="mnist", description="practice: digits that we draw ourselves, for a start without MNIST."
    )
    host: str = Field(default="127.0.0.1", description="Address on which the web listens.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port on which the web listens.")
    public_url: str = Field(
        default="", description="How people reach this service, e.g. https://mnist.school.cn; default: as they came."
    )
    secret_key: str = Field(default="", description="Signs cookies; default: made once and kept in DATA_DIR.")

    upload_limit_bytes: int = Field(default=50_000_000, gt=0, description="Largest accepted file.")
    run_time_limit_s: float = Field(default=1800, gt=0, description="Wall clock of one run.")
    memory_limit_bytes: int = Field(default=2 << 30, gt=0, description="Memory of one run; torch alone needs 0.6 GiB.")
    isolation: Literal["namespaces", "landlock", "limits"] = Field(
        default="namespaces", description="The best sandbox that a worker tries; it takes the best that holds."
    )
    warm_start: bool = Field(default=True, description="Keep torch imported in a process that runs are forked from.")
    worker_concurrency: int = Field(default=1, ge=1, description="Runs at once in one worker.")
    worker_threads: int = Field(default=0, ge=0, description="CPU threads of one run; 0: all cores of this machine.")
    poll_interval_s: float = Field(default=0.25, gt=0, description="How often a worker looks for queued runs.")
    heartbeat_interval_s: float = Field(default=5, gt=0, description="How often a worker says that it lives.")
    lease_s: float = Field(default=30, gt=0, description="After this silence a worker's runs are given to another.")
    oidc_issuer: str = Field(default="", description="An OpenID Connect provider to sign in with, e.g. the school's.")
    oidc_client_id: str = Field(default="", description="What that provider calls this service.")
    oidc_client_secret: str = Field(default="", description="The secret that goes with it.")
    oidc_name: str = Field(default="", description="What the button says; default: the issuer's host.")
    github_client_id: str = Field(default="", description="An OAuth app of GitHub to sign in with.")
    github_client_secret: str = Field(default="", description="The secret that goes with it.")
    github_url: str = Field(default="https://github.com", description="Another address for GitHub Enterprise.")
    api_requests_per_minute: int = Field(
        default=600, ge=0, description="Requests to the API by one user in a minute, with any token; 0: no limit."
    )
    api_requests_per_minute_per_address: int = Field(
        default=1200, ge=0, description="The same without a token by one network address: a class may share one."
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="json: one object per line on standard output, as `up --json` says it."
    )
    webhooks_to_local: bool = Field(default=False, description="Let webhooks call private addresses too, e.g. a lab's.")

    @field_validator("data_dir", "mnist_dir")
    @classmethod
    def absolute(cls, value: Path | None) -> Path | None:
        """Children run in another working directory, so paths are made absolute once, here."""
        return None if value is None else value.expanduser().resolve()

    @field_validator("public_url")
    @classmethod
    def an_origin(cls, value: str) -> str:
        """Scheme and host: our pages are at the root of their site."""
        if value and not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:_-]+/?", value):
            raise ValueError(f"{value!r} is no address such as https://mnist.school.cn, without a path")
        return value.rstrip("/")

    @property
    def resolved_database_url(self) -> str:
        """SQLAlchemy URL with the driver that we install."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'board.sqlite'}"
        return self.database_url.replace("postgres://", "postgresql://", 1).replace(
            "postgresql://", "postgresql+psycopg://", 1
        )

    @property
    def resolved_blob_url(self) -> str:
        """Folder or fsspec URL for uploads."""
        return self.blob_url or str(self.data_dir / "blobs")

    @property
    def resolved_secret_key(self) -> str:
        """The key of `SECRET_KEY`, or one made at the first start and readable by its owner only."""
        return self.secret_key or _kept_secret(self.data_dir / "secret_key")


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_secret(path)
    return path.read_text()


def _make_secret(path: Path) -> None:
    """Write it whole, then name it: the web and the worker may start at once, and only one key may win."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mkstemp makes it readable by us only
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(SECRET_KEY_BYTES))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    os.unlink(draft)  # noqa: PTH108 - its twin os.link has no short pathlib form


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
