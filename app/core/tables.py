"""The tables (DESIGN.md 4). Facts only: what state a run is in is derived, never stored twice."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator
from sqlmodel import Column, Field, SQLModel

from app.core.identifiers import new_id
from app.core.pseudonyms import new_pseudonym

# Alembic needs names to drop a constraint later, and SQLite gives none by itself.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, aware in Python, stored without zone: SQLite has none and Postgres then agrees with it."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse naive moments instead of guessing their zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give back an aware moment."""
        return None if value is None else value.replace(tzinfo=UTC)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def _moment(nullable: bool = False) -> Any:
    return Field(default=None, sa_type=UtcDateTime, nullable=True) if nullable else _created()


def _created() -> Any:
    return Field(default_factory=now, sa_type=UtcDateTime, nullable=False)


class Stored:
    """A row whose primary key the database gives; typed as optional only until then."""

    id: int | None

    @property
    def stored_id(self) -> int:
        """The key of a row that has been flushed."""
        if self.id is None:
            raise ValueError(f"{type(self).__name__} is not stored yet")
        return self.id


def _json(nullable: bool = False) -> Any:
    default: dict[str, Any] = {"default": None} if nullable else {"default_factory": dict}
    return Field(sa_type=sa.JSON, nullable=nullable, **default)


class User(Stored, SQLModel, table=True):
    """A student or the teacher. `password_hash` is argon2id, or empty while only a sign-in link exists.

    `session_mark` is part of every session cookie: a new one signs out everywhere. `departed`: when the account was
    deleted; what such a user has submitted stays, under no name. `seen`: the last visit, to about an hour.
    `pseudonym`: what classmates know them by while the class shows no names (app/core/shown_names.py).
    """

    id: int | None = Field(default=None, primary_key=True)
    handle: str = Field(unique=True, max_length=32)
    name: str = Field(max_length=80)
    password_hash: str = ""
    role: str = "student"
    language: str = ""
    session_mark: str = Field(default="", max_length=16)
    pseudonym: str = Field(default_factory=new_pseudonym, max_length=40, index=True)
    muted: str = Field(default="", description="kinds of notifications not wanted, parted by spaces", max_length=200)
    seen: datetime | None = _moment(nullable=True)
    departed: datetime | None = _moment(nullable=True)
    created: datetime = _created()


class Identity(Stored, SQLModel, table=True):
    """Somebody's account at an OpenID Connect provider, with which they sign in here."""

    __table_args__ = (sa.UniqueConstraint("issuer", "subject"),)

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id", index=True)
    issuer: str = Field(max_length=200)
    subject: str = Field(max_length=200)
    created: datetime = _created()


class Attempt(Stored, SQLModel, table=True):
    """A failed sign-in, kept for an hour; `key` is an account or an address, hashed."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=64, index=True)
    created: datetime = _created()


class Classroom(Stored, SQLModel, table=True):
    """A class with its settings; the first start makes one.

    `sign_up`: open, code or closed. `names`: real, or pseudonyms until `closes`. `visibility`: public or class.
    `time_zone`: an IANA name, in which people read `opens` and `closes`. Caps of NULL are the service's own limits.
    `allow_weights`: whether students may have weights tested that they trained elsewhere.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80)
    join_code: str = Field(unique=True, max_length=16)
    sign_up: str = Field(default="open", max_length=8)
    opens: datetime | None = _moment(nullable=True)
    closes: datetime | None = _moment(nullable=True)
    time_zone: str = Field(default="Asia/Shanghai", max_length=64)
    daily_quota: int = 20
    epochs_cap: int | None = None
    parameters_cap: int | None = Field(default=None, sa_type=sa.BigInteger)
    train_time_cap_s: int | None = None
    upload_cap_bytes: int | None = Field(default=None, sa_type=sa.BigInteger)
    allow_weights: bool = True
    names: str = Field(default="real", max_length=12)
    visibility: str = Field(default="public", max_length=8)
    paused: datetime | None = _moment(nullable=True)
    created: datetime = _created()


class Membership(SQLModel, table=True):
    """Who is in which class."""

    user_id: int = Field(foreign_key="user.id", primary_key=True)
    classroom_id: int = Field(foreign_key="classroom.id", primary_key=True)
    created: datetime = _created()


class ApiToken(Stored, SQLModel, table=True):
    """A bearer token; only its sha256 is kept."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id", index=True)
    token_sha256: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=80)
    scopes: str = Field(default="read submit", description="words, parted by spaces", max_length=80)
    created: datetime = _created()
    last_used: datetime | None = _moment(nullable=True)


class SignInLink(SQLModel, table=True):
    """A link that signs somebody in once; only the sha256 of its secret is kept."""

    __tablename__ = "sign_in_link"

    secret_sha256: str = Field(primary_key=True, max_length=64)
    user_id: int = Field(foreign_key="user.id", index=True)
    created: datetime = _created()
    used: datetime | None = _moment(nullable=True)


class Submission(SQLModel, table=True):
    """What was uploaded. `number` is short, public and never reused; `id` is a UUIDv7."""

    __table_args__ = (
        sa.UniqueConstraint("user_id", "idempotency_key"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(default_factory=new_id, unique=True, max_length=36)
    user_id: int = Field(foreign_key="user.id", index=True)
    classroom_id: int = Field(foreign_key="classroom.id", index=True)
    parent_id: str | None = Field(default=None, foreign_key="submission.id")
    kind: str = Field(description="train or evaluate", max_length=16)
    dataset: str = Field(description="mnist or practice: never ranked together", max_length=16)
    title: str = Field(max_length=80)
    model: str | None = Field(default=None, description="id of a model of the zoo; else a model file", max_length=64)
    options: dict[str, Any] = _json()
    recipe: dict[str, Any] = _json()
    model_file_sha256: str | None = Field(default=None, max_length=64)
    model_file_name: str | None = Field(default=None, max_length=200)
    class_name: str = Field(default="", description="the network's class in the model file", max_length=120)
    arguments: str = Field(default="", description="what its constructor gets, as Python writes it", max_length=500)
    weights_sha256: str | None = Field(default=None, max_length=64)
    weights_name: str | None = Field(default=None, max_length=200)
    notes: str = Field(default="", sa_type=sa.Text)
    is_baseline: bool = False
    claim_id: int | None = Field(default=None, foreign_key="claim.id", index=True, description="what it rebuilds")
    claimed_accuracy: float | None = Field(default=None, description="what its author says that it reads right, 0..1")
    idempotency_key: str | None = Field(default=None, max_length=200)
    request_sha256: str | None = Field(default=None, max_length=64, description="of the request under that key")
    created: datetime = _created()
    withdrawn: datetime | None = _moment(nullable=True)
    hidden: datetime | None = _moment(nullable=True)


class Claim(Stored, SQLModel, table=True):
    """An accuracy posted elsewhere and not measured here. `text` is the post as it was, `understood` what was read.

    `source_key` tells posts apart, so that importing a thread again adds only what is new.
    """

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    classroom_id: int = Field(foreign_key="classroom.id", index=True)
    source_key: str = Field(unique=True, max_length=200)
    url: str = Field(default="", max_length=400)
    author: str = Field(default="", max_length=80)
    posted: datetime | None = _moment(nullable=True)
    text: str = Field(sa_type=sa.Text)
    accuracy: float | None = Field(default=None, description="0..1")
    understood: dict[str, Any] = _json()
    imported_by: int | None = Field(default=None, foreign_key="user.id", description="NULL: by the command line")
    created: datetime = _created()
    withdrawn: datetime | None = _moment(nullable=True)


class Run(SQLModel, table=True):
    """One execution of a submission; a retry is a new run. `id` is the engine's workflow id too.

    `seed`: of a repetition with another seed, to see how much luck there is; NULL where the recipe's own is used.
    `reevaluated_by`: the teacher who had a measured submission run again; such a run counts for nothing until it has
    ended well.
    """

    __table_args__ = (sa.UniqueConstraint("submission_id", "attempt"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    submission_id: str = Field(foreign_key="submission.id", index=True)
    attempt: int = 1
    seed: int | None = None
    reevaluated_by: int | None = Field(default=None, foreign_key="user.id")
    created: datetime = _created()
    started: datetime | None = _moment(nullable=True)
    finished: datetime | None = _moment(nullable=True)
    outcome: str | None = Field(default=None, max_length=16)
    message: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON, nullable=True)
    detail: str | None = Field(default=None, sa_type=sa.Text, nullable=True)
    worker: str | None = Field(default=None, max_length=120)
    isolation: str | None = Field(default=None, max_length=16)
    versions: dict[str, Any] | None = _json(nullable=True)


class Event(SQLModel, table=True):
    """A line of a run's story. `start` counts the executions: a run whose worker died is started again."""

    run_id: str = Field(foreign_key="run.id", primary_key=True, max_length=36)
    seq: int = Field(primary_key=True)
    start: int = Field(default=1)
    kind: str = Field(max_length=16)
    data: dict[str, Any] = _json()
    created: datetime = _created()


class Result(SQLModel, table=True):
    """What a finished run measured; written once.

    `predictions`: M bytes, the class read for each test image. `hits`: M bits, packed as by `numpy.packbits`, set where
    that class is right: enough for paired tests without the labels. `confidences`: M little-endian float16, the
    probability given to that class. `confusion`: 10 × 10 counts, rows true. `epochs`: one object per epoch with
    accuracy, test loss and train loss. `losses`: little-endian float32 training losses, thinned to at most
    `LOSS_POINTS`, of `steps` steps. `detected`: how the network is fed and read, as far as that was found by trying.
    `ece`: expected calibration error, 0..1. `flops`: of one image. `latency_*_ms`: median of a batch of 1 and of 1,000
    images on one thread. `size_bytes`: of the weights. `robustness`: per change of the images, a list with one count of
    images read right per strength; `robust_accuracy`: the mean over all of them, 0..1. These last are NULL where they
    could not be measured, which `unmeasured` explains. `data_sha256`: of the training and test images and labels.
    """

    __table_args__ = (sa.Index("ix_result_created", "created"),)

    run_id: str = Field(foreign_key="run.id", primary_key=True, max_length=36)
    correct: int
    total: int
    test_loss: float
    predictions: bytes = Field(sa_column=Column(sa.LargeBinary, nullable=False))
    hits: bytes = Field(sa_column=Column(sa.LargeBinary, nullable=False))
    confidences: bytes = Field(sa_column=Column(sa.LargeBinary, nullable=False))
    confusion: list[list[int]] = Field(sa_type=sa.JSON)
    epochs: list[dict[str, Any]] = Field(sa_type=sa.JSON)
    losses: bytes = Field(sa_column=Column(sa.LargeBinary, nullable=False))
    steps: int
    parameters: int
    layers: list[dict[str, Any]] = Field(sa_type=sa.JSON)
    train_seconds: float
    detected: dict[str, Any] = _json()
    ece: float
    flops: int | None = Field(default=None, sa_type=sa.BigInteger)
    has_convolution: bool | None = None
    latency_one_ms: float | None = None
    latency_thousand_ms: float | None = None
    size_bytes: int | None = Field(default=None, sa_type=sa.BigInteger)
    robustness: dict[str, Any] | None = _json(nullable=True)
    robust_accuracy: float | None = None
    unmeasured: dict[str, Any] | None = _json(nullable=True)
    weights_sha256: str | None = Field(default=None, max_length=64)
    data_sha256: str | None = Field(default=None, max_length=64)
    created: datetime = _created()


class QuickCheck(SQLModel, table=True):
    """A look at uploaded files before they are submitted. `id` is the engine's workflow id too; kept for a day."""

    __tablename__ = "quick_check"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    user_id: int = Field(foreign_key="user.id", index=True)
    kind: str = Field(description="train or evaluate", max_length=16)
    model: str | None = Field(default=None, max_length=64)
    options: dict[str, Any] = _json()
    recipe: dict[str, Any] = _json()
    model_file_sha256: str | None = Field(default=None, max_length=64)
    model_file_name: str | None = Field(default=None, max_length=200)
    weights_sha256: str | None = Field(default=None, max_length=64)
    weights_name: str | None = Field(default=None, max_length=200)
    class_name: str = Field(default="", max_length=120)
    arguments: str = Field(default="", max_length=500)
    created: datetime = _created()
    finished: datetime | None = _moment(nullable=True)
    outcome: str | None = Field(default=None, max_length=16)
    message: dict[str, Any] | None = _json(nullable=True)
    detail: str | None = Field(default=None, sa_type=sa.Text, nullable=True)
    report: dict[str, Any] | None = _json(nullable=True)


class Heartbeat(SQLModel, table=True):
    """A worker process that lives, or lived. Times are the database's, so that workers' clocks do not matter.

    `refusal` is the sentence that says why this worker runs no uploaded code, if it does not.
    """

    executor_id: str = Field(primary_key=True, max_length=120)
    beat_epoch_s: float
    started_epoch_s: float
    host: str = Field(max_length=120)
    device: str = Field(max_length=120)
    isolation: str = Field(default="", description="how runs are shut in here", max_length=16)
    refusal: dict[str, Any] | None = _json(nullable=True)


class Charge(SQLModel, table=True):
    """A run that counts towards its student's daily quota, from the moment it is accepted.

    `refunded`: given back, because it never started, or because its failure was ours.
    """

    run_id: str = Field(foreign_key="run.id", primary_key=True, max_length=36)
    user_id: int = Field(foreign_key="user.id", index=True)
    created: datetime = _created()
    refunded: datetime | None = _moment(nullable=True)
    reason: str = Field(default="", description="why it was refunded", max_length=16)


class Bonus(Stored, SQLModel, table=True):
    """Runs that a teacher gave a student on top of the daily quota, for the class' day in which they were given."""

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id", index=True)
    given_by: int | None = Field(default=None, foreign_key="user.id", description="NULL: the command line")
    runs: int
    created: datetime = _created()


class Audit(Stored, SQLModel, table=True):
    """Something that a teacher did, or that was done to an account. `actor_id` NULL: the command line."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    actor_id: int | None = Field(default=None, foreign_key="user.id", index=True)
    action: str = Field(max_length=40)
    subject: str = Field(default="", description="what it was done to, e.g. submission 12 or user lin", max_length=120)
    detail: dict[str, Any] = _json()
    created: datetime = _created()


class Comment(Stored, SQLModel, table=True):
    """What somebody says of a submission, or of the whole board where there is none. Removed ones leave a trace."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    submission_id: str | None = Field(default=None, foreign_key="submission.id", index=True)
    user_id: int = Field(foreign_key="user.id", index=True)
    text: str = Field(sa_type=sa.Text)
    created: datetime = _created()
    edited: datetime | None = _moment(nullable=True)
    removed: datetime | None = _moment(nullable=True)
    removed_by: int | None = Field(default=None, foreign_key="user.id")


class Helpful(SQLModel, table=True):
    """Who found a comment helpful."""

    comment_id: int = Field(foreign_key="comment.id", primary_key=True)
    user_id: int = Field(foreign_key="user.id", primary_key=True)
    created: datetime = _created()


class Notification(Stored, SQLModel, table=True):
    """Something that somebody should hear of. `key` says what it is about: the same is told once."""

    __table_args__ = (sa.UniqueConstraint("user_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id", index=True)
    key: str = Field(max_length=120)
    kind: str = Field(max_length=24)
    data: dict[str, Any] = _json()
    created: datetime = _created()
    read: datetime | None = _moment(nullable=True)


class Webhook(Stored, SQLModel, table=True):
    """An address that is told of finished runs and records. `secret` signs what is sent.

    `failing_since`: the first failure after the last success. `disabled`: when it was given up; it is told no more.
    """

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id", index=True)
    url: str = Field(max_length=400)
    secret: str = Field(max_length=64)
    events: str = Field(default="run.finished record", max_length=80)
    created: datetime = _created()
    last_tried: datetime | None = _moment(nullable=True)
    last_answer: str = Field(default="", max_length=200)
    failing_since: datetime | None = _moment(nullable=True)
    disabled: datetime | None = _moment(nullable=True)


class WebhookDelivery(Stored, SQLModel, table=True):
    """A message to a webhook and what became of it; kept for a month. Gone with its webhook."""

    __tablename__ = "webhook_delivery"

    id: int | None = Field(default=None, primary_key=True)
    webhook_id: int = Field(foreign_key="webhook.id", index=True, ondelete="CASCADE")
    delivery_id: str = Field(unique=True, max_length=120)
    event: str = Field(max_length=24)
    created: datetime = _created()
    tries: int = 0
    last_tried: datetime | None = _moment(nullable=True)
    answer: str = Field(default="", max_length=200)
    delivered: datetime | None = _moment(nullable=True)
    given_up: datetime | None = _moment(nullable=True)


class KeptAnswer(SQLModel, table=True):
    """What a write of the API with an Idempotency-Key was answered, kept for a day (app/core/kept_answers.py).

    `owner`: a hash of whose key it is; `request`: a keyed hash of the request, for it may hold a password. `status`
    NULL: not answered yet. `body` NULL: carried out, but the answer held a secret or was too large to keep.
    """

    __tablename__ = "kept_answer"

    owner: str = Field(primary_key=True, max_length=64)
    key: str = Field(primary_key=True, max_length=200)
    request: str = Field(max_length=64)
    created: datetime = Field(default_factory=now, sa_type=UtcDateTime, nullable=False, index=True)
    status: int | None = None
    headers: dict[str, Any] = _json()
    body: str | None = Field(default=None, sa_type=sa.Text, nullable=True)
