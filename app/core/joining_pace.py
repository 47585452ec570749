"""How often somebody may join from one address: a class behind one address can, a program that makes users cannot.

Each try counts that gets as far as asking which handles and names are taken, so that they cannot be listed either.
"""

import math
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.errors import TooMany
from app.core.sentences import N_, Sentence
from app.core.tables import Attempt, now
from app.core.throttle import address, hashed_key, take_turns

# A lecture hall joins in ten minutes, all from the campus's one address, some of them at the second try.
JOINED_MAXIMUM = 150
JOINED_WITHIN = timedelta(hours=1)

TOO_FAST = N_(
    "Very many have joined from your network within an hour. Try again in %(minutes)s minutes, "
    "or ask your teacher to add you."
)


def count_joining(session: Session, host: str) -> None:
    """Count a try to join from this address. Raises TooMany with when to come back; such a try is not counted."""
    take_turns(session.connection())
    key, moment = hashed_key(f"joining:{address(host).key}"), now()
    session.connection().execute(sa.delete(Attempt).where(col(Attempt.created) < moment - JOINED_WITHIN))
    times = sorted(session.exec(select(Attempt.created).where(Attempt.key == key)))
    if len(times) >= JOINED_MAXIMUM:
        wait_s = max(1, math.ceil((times[-JOINED_MAXIMUM] + JOINED_WITHIN - moment).total_seconds()))
        raise TooMany(Sentence(TOO_FAST, {"minutes": -(-wait_s // 60)}), wait_s)
    session.add(Attempt(key=key, created=moment))
