"""How often somebody may guess: failed attempts of an hour, counted per account and per address.

Every attempt is noted before its password is looked at and taken back when it was right, so that fifty guesses at once
count as fifty. The wait grows with each failure and ends with the hour: nobody is ever locked out for good. A browser
that has signed in to an account before counts for itself, so that a stranger's guesses do not keep the owner out.
"""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.database import begin_writing
from app.core.errors import TooMany
from app.core.sentences import N_, Sentence
from app.core.tables import Attempt, now

WINDOW = timedelta(hours=1)
# A person mistypes a few times; a whole class may sit behind one address.
FREE_PER_ACCOUNT = 5
FREE_PER_ADDRESS = 60
FIRST_WAIT_S = 5
LONGEST_WAIT_S = 600
# Any number does, as long as it is not the migrations' lock.
LOCK = 7_155_002


@dataclass(frozen=True)
class Guessed:
    """Something that is guessed at: a hashed key, and how many failures it bears without a wait."""

    key: str
    free: int


def account(handle: str) -> Guessed:
    """An account, by its handle, whether there is one or not: the answers must not tell."""
    return Guessed(hashed_key(f"account:{handle.strip().lower()}"), FREE_PER_ACCOUNT)


def known_browser(handle: str, mark: str) -> Guessed:
    """An account, seen from a browser that has signed in to it before."""
    return Guessed(hashed_key(f"browser:{mark}:{handle.strip().lower()}"), FREE_PER_ACCOUNT)


def address(host: str) -> Guessed:
    """A network address; of IPv6 the /64 that one household has whole."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return Guessed(hashed_key(f"address:{host}"), FREE_PER_ADDRESS)
    if isinstance(found, ipaddress.IPv6Address):
        # A server that listens on `::` sees IPv4 as ::ffff:192.0.2.7; those do not share a household.
        mapped = found.ipv4_mapped
        host = str(mapped) if mapped else str(ipaddress.ip_network(f"{found}/64", strict=False))
    return Guessed(hashed_key(f"address:{host}"), FREE_PER_ADDRESS)


def hashed_key(text: str) -> str:
    """What is kept of an account or an address."""
    return hashlib.sha256(text.encode()).hexdigest()


def begin_attempt(session: Session, *guessed: Guessed) -> list[int]:
    """Note an attempt that counts as failed until `forget` takes it back; returns its rows.

    Raises:
        TooMany: while any of these must wait; such an attempt is not noted, so that waiting ends.
    """
    take_turns(session.connection())
    moment = now()
    session.connection().execute(sa.delete(Attempt).where(col(Attempt.created) < moment - WINDOW))
    waits = [_wait_s(session, each, moment) for each in guessed]
    if max(waits) > 0:
        raise too_many(max(waits))
    rows = [Attempt(key=each.key, created=moment) for each in guessed]
    session.add_all(rows)
    session.flush()
    return [row.stored_id for row in rows]


def forget(session: Session, attempt: list[int]) -> None:
    """Take a noted attempt back: it was right."""
    session.connection().execute(sa.delete(Attempt).where(col(Attempt.id).in_(attempt)))


def _wait_s(session: Session, guessed: Guessed, moment: datetime) -> int:
    statement = select(Attempt.created).where(Attempt.key == guessed.key, col(Attempt.created) >= moment - WINDOW)
    failures = sorted(session.exec(statement))
    if len(failures) < guessed.free:
        return 0
    # The exponent is bounded, or a long attack would make numbers without end.
    wait_s: int = min(FIRST_WAIT_S * 2 ** min(len(failures) - guessed.free, 20), LONGEST_WAIT_S)
    return max(0, math.ceil(wait_s - (moment - failures[-1]).total_seconds()))


def too_many(wait_s: int) -> TooMany:
    """The refusal, with when to come back."""
    if wait_s < 2 * 60:
        text = N_("Too many wrong tries. Try again in %(seconds)s seconds, or ask your teacher for a sign-in link.")
        return TooMany(Sentence(text, {"seconds": wait_s}), wait_s)
    text = N_("Too many wrong tries. Try again in %(minutes)s minutes, or ask your teacher for a sign-in link.")
    return TooMany(Sentence(text, {"minutes": -(-wait_s // 60)}), wait_s)


def take_turns(connection: sa.Connection) -> None:
    """One attempt at a time, so that guesses at once see each other."""
    begin_writing(connection)
    if connection.dialect.name != "sqlite":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
