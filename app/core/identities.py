"""Accounts at other providers with which somebody signs in here. Never joined by e-mail: addresses are reused."""

import itertools
import re
import unicodedata
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.core.accounts import add_user, find_user
from app.core.display_names import free_name
from app.core.errors import Conflict, NotFound
from app.core.handles import RESERVED
from app.core.sentences import N_, Sentence
from app.core.submissions import serialize_writers
from app.core.tables import Identity, User
from app.core.throttle import take_turns

TAKEN = N_("This account at %(issuer)s belongs to somebody else here. Sign out, and sign in with it.")
LAST_WAY = N_("Set a password first: without it and without this account you could not sign in again.")


@dataclass(frozen=True)
class Person:
    """What a provider says of somebody. `subject` is theirs for ever; handle and name are wishes."""

    issuer: str
    subject: str
    handle: str
    name: str


def find_by_identity(session: Session, person: Person) -> User | None:
    """Who signs in here with this account."""
    found = _find(session, person)
    return session.get_one(User, found.user_id) if found else None


def _find(session: Session, person: Person) -> Identity | None:
    statement = select(Identity).where(Identity.issuer == person.issuer, Identity.subject == person.subject)
    return session.exec(statement).first()


def add_person(session: Session, person: Person) -> User:
    """A new student of the class who signs in with this account and has no password.

    One after the other: who comes twice at once is the same, and two who wish for one handle get two.
    """
    take_turns(session.connection())
    if (known := find_by_identity(session, person)) is not None:
        return known
    handle = free_handle(session, person.handle)
    name = free_name(session, (person.name, person.handle), handle)
    user = add_user(session, handle, name, "student")
    _add(session, user, person)
    return user


def _add(session: Session, user: User, person: Person) -> None:
    """Raises Conflict where the same account came twice at once, and the other was first."""
    try:
        with session.begin_nested():
            session.add(Identity(user_id=user.stored_id, issuer=person.issuer, subject=person.subject))
            session.flush()
    except IntegrityError as error:
        raise Conflict(Sentence(TAKEN, {"issuer": person.issuer})) from error


def free_handle(session: Session, wish: str) -> str:
    """A handle like the wish that nobody has."""
    plain = unicodedata.normalize("NFKD", wish.partition("@")[0]).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-") or "student"
    candidates = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(handle for handle in candidates if handle not in RESERVED and find_user(session, handle) is None)


def connect(session: Session, user: User, person: Person) -> None:
    """Let a user sign in with this account too. Raises Conflict when it is somebody else's here."""
    serialize_writers(session, user.stored_id)
    found = _find(session, person)
    if found is None:
        _add(session, user, person)
    elif found.user_id != user.stored_id:
        raise Conflict(Sentence(TAKEN, {"issuer": person.issuer}))


def identities_of(session: Session, user: User) -> list[Identity]:
    """The accounts with which a user can sign in."""
    return list(session.exec(select(Identity).where(Identity.user_id == user.stored_id).order_by(col(Identity.id))))


def disconnect(session: Session, user: User, identity_id: int) -> None:
    """Forget one of them. Raises NotFound unless it is this user's, Conflict when it is the last way in."""
    # Two at once must not both see the other one as the way that is left.
    serialize_writers(session, user.stored_id)
    identities = identities_of(session, user)
    found = next((each for each in identities if each.id == identity_id), None)
    if found is None:
        raise NotFound(Sentence(N_("You have no connected account #%(number)s."), {"number": identity_id}))
    if not user.password_hash and len(identities) == 1:
        raise Conflict(Sentence(LAST_WAY))
    session.delete(found)
