"""Answers to writes of the API that carried an Idempotency-Key, so that asking again does nothing twice.

A key is claimed in a transaction of its own before the request is carried out, and answered after it. What comes in
between with the same key is told to wait. A request that was cut off in between (the process died) is never carried
out again by itself: whether it had changed something is not known here, and its sender can look.

A refused request changed nothing: its key is given back. Submissions keep their keys themselves and for ever
(app/core/submissions.py), as the key and what it made are one row there.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from app.core.database import begin_writing
from app.core.errors import AnswerNotKept, KeyInUse, KeyReused
from app.core.sentences import N_, Sentence
from app.core.tables import KeptAnswer, now

KEPT = timedelta(hours=24)
# No request of ours takes longer, so what is older was cut off.
PATIENCE = timedelta(minutes=2)
BODY_MAXIMUM = 1_000_000

REUSED = N_("This Idempotency-Key was used for a different request in the last 24 hours. Use a new key.")
IN_USE = N_("The request with this Idempotency-Key is being carried out. Ask again in a second.")
CUT_OFF = N_(
    "The request with this Idempotency-Key was cut off at %(when)s, and whether it changed something is not known. "
    "Look, then use a new key if it did not."
)
NOT_KEPT = N_(
    "The request with this Idempotency-Key was carried out at %(when)s. Its answer held a secret that is shown once, "
    "or was very large, and was not kept. If you lost the secret, revoke what was made and make another with a new key."
)


@dataclass(frozen=True)
class Key:
    """A key, whose it is (hashed), and a keyed hash of the request that it came with."""

    owner: str
    key: str
    request: str


def claim_key(session: Session, key: Key) -> KeptAnswer | None:
    """Take a key for a request that is to be carried out now; gives the answer if it has been.

    Raises:
        KeyReused: if the key came with another request.
        KeyInUse: while that request is being carried out, and for a day after it was cut off.
        AnswerNotKept: if it was carried out and its answer cannot be given again.
    """
    connection = session.connection()
    begin_writing(connection)
    connection.execute(sa.delete(KeptAnswer).where(col(KeptAnswer.created) < now() - KEPT))
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(KeptAnswer)
    values = {"owner": key.owner, "key": key.key, "request": key.request, "created": now(), "headers": {}}
    # The number of rows is not told by every driver; what was put in is.
    if connection.execute(insert.values(**values).on_conflict_do_nothing().returning(col(KeptAnswer.key))).first():
        return None
    return _earlier(session.get_one(KeptAnswer, (key.owner, key.key)), key)


def _earlier(kept: KeptAnswer, key: Key) -> KeptAnswer:
    when = {"when": kept.created.strftime("%Y-%m-%d %H:%M:%S UTC")}
    if kept.request != key.request:
        raise KeyReused(Sentence(REUSED))
    if kept.status is None and now() - kept.created > PATIENCE:
        raise KeyInUse(Sentence(CUT_OFF, when))
    if kept.status is None:
        raise KeyInUse(Sentence(IN_USE))
    if kept.body is None:
        raise AnswerNotKept(Sentence(NOT_KEPT, when))
    return kept


def keep_answer(session: Session, key: Key, status: int, headers: dict[str, str], body: str | None) -> None:
    """Keep what a claimed key's request was answered; `body` None: carried out, but not to be given again."""
    kept = body if body is not None and len(body) <= BODY_MAXIMUM else None
    _change(session, key, sa.update(KeptAnswer).values(status=status, headers=headers, body=kept))


def give_back(session: Session, key: Key) -> None:
    """Let a claimed key go: its request was refused and changed nothing."""
    _change(session, key, sa.delete(KeptAnswer))


def _change(session: Session, key: Key, statement: sa.Update | sa.Delete) -> None:
    is_claimed = (col(KeptAnswer.owner) == key.owner) & (col(KeptAnswer.key) == key.key)
    session.connection().execute(statement.where(is_claimed, col(KeptAnswer.status).is_(None)))
