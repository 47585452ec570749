"""Who is who: users, passwords, API tokens and one-time sign-in links.

Secrets are kept as hashes only: passwords as argon2id (RFC 9106); tokens and links, long and random, as sha256.
"""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

import argon2
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.core.database import begin_writing
from app.core.errors import InvalidFields, NotFound
from app.core.sentences import N_, Sentence
from app.core.tables import ApiToken, Classroom, Membership, SignInLink, User, now

HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,30}[a-z0-9])?")
PASSWORD_MINIMUM = 10
# argon2 reads the whole password; a megabyte of it would keep a core busy for a stranger.
PASSWORD_MAXIMUM = 1000
TOKEN_PREFIX = "mnb_"  # noqa: S105 - not a secret: it lets scanners recognise a leaked token
LAST_USED_GRAIN = timedelta(minutes=1)

_hasher = argon2.PasswordHasher()


@dataclass(frozen=True)
class NewUser:
    """What sign-up asks for."""

    handle: str
    name: str
    password: str


def sign_up(session: Session, new: NewUser, role: str = "student") -> User:
    """Make a user who can sign in with a password, a member of the class.

    Raises:
        InvalidFields: for a handle that is taken or not allowed, an empty name, a short password.
    """
    handle = new.handle.strip().lower()
    errors = _sign_up_errors(handle, new)
    if errors:
        raise InvalidFields(errors)
    return add_user(session, handle, new.name.strip(), role, _hasher.hash(new.password))


def _sign_up_errors(handle: str, new: NewUser) -> dict[str, Sentence]:
    errors: dict[str, Sentence] = {}
    errors |= _handle_errors(handle)
    if not 0 < len(new.name.strip()) <= 80 or not is_one_line(new.name.strip()):
        errors["name"] = Sentence(N_("Please give the name that classmates should see, at most 80 characters."))
    return errors | _password_errors(new.password)


def _password_errors(password: str) -> dict[str, Sentence]:
    if PASSWORD_MINIMUM <= len(password) <= PASSWORD_MAXIMUM:
        return {}
    text = N_("The password has %(given)s characters; use %(minimum)s or more. A sentence works well.")
    return {"password": Sentence(text, {"given": len(password), "minimum": PASSWORD_MINIMUM})}


def _handle_errors(handle: str) -> dict[str, Sentence]:
    if HANDLE.fullmatch(handle):
        return {}
    text = N_("“%(value)s” cannot be a handle. Use 1 to 32 letters a–z, digits, - and _, e.g. zhou-yi.")
    return {"handle": Sentence(text, {"value": handle[:40]})}


def is_one_line(text: str) -> bool:
    """Whether a text has no line breaks, no control characters and no halves of characters, in any script."""
    return not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text)


def add_user(session: Session, handle: str, name: str, role: str, password_hash: str = "") -> User:
    """Make a user and put them into the class. Raises InvalidFields when the handle is taken or not allowed."""
    if errors := _handle_errors(handle):
        raise InvalidFields(errors)
    user = User(handle=handle, name=name, role=role, password_hash=password_hash)
    try:
        begin_writing(session.connection())
        with session.begin_nested():
            session.add(user)
            session.flush()
    except IntegrityError as error:
        text = N_("The handle “%(value)s” is taken. Choose another one, or sign in if it is yours.")
        raise InvalidFields({"handle": Sentence(text, {"value": handle})}) from error
    classroom = session.exec(select(Classroom)).first()
    if classroom is not None:
        session.add(Membership(user_id=user.stored_id, classroom_id=classroom.stored_id))
    return user


def set_password(session: Session, user: User, password: str) -> None:
    """Give a user a first or a new password. Raises InvalidFields for one that is too short or too long."""
    if errors := _password_errors(password):
        raise InvalidFields(errors)
    user.password_hash = _hasher.hash(password)
    session.add(user)


def find_user(session: Session, handle: str) -> User | None:
    """The user of that handle."""
    known_form = HANDLE.fullmatch(handle.strip().lower())
    return session.exec(select(User).where(User.handle == known_form.group())).first() if known_form else None


def check_password(session: Session, handle: str, password: str) -> User | None:
    """The user, if the password is theirs. Takes the same time for an unknown handle as for a wrong password."""
    user = find_user(session, handle)
    stored = user.password_hash if user and user.password_hash else _NOBODYS_HASH
    try:
        _hasher.verify(stored, password[:PASSWORD_MAXIMUM])
    except argon2.exceptions.VerifyMismatchError:
        return None
    return user if user and user.password_hash else None


_NOBODYS_HASH = _hasher.hash(secrets.token_hex(16))


def add_token(session: Session, user: User, name: str) -> str:
    """Make an API token and return it; this is the only time that it can be read."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(ApiToken(user_id=user.stored_id, token_sha256=_sha256(token), name=name))
    return token


def find_token(session: Session, token: str) -> ApiToken | None:
    """The row of a token."""
    return session.exec(select(ApiToken).where(ApiToken.token_sha256 == _sha256(token))).first()


def user_of_token(session: Session, token: str) -> User | None:
    """Whose token it is; notes the use, at most once a minute so that reading does not always write."""
    found = find_token(session, token)
    if found is None:
        return None
    if found.last_used is None or now() - found.last_used > LAST_USED_GRAIN:
        found.last_used = now()
        session.add(found)
    return session.get(User, found.user_id)


def tokens_of(session: Session, user: User) -> list[ApiToken]:
    """A user's tokens, newest first."""
    return list(session.exec(select(ApiToken).where(ApiToken.user_id == user.id).order_by(col(ApiToken.id).desc())))


def revoke_token(session: Session, user: User, token_id: int) -> None:
    """Make a token worthless. Raises NotFound unless it is this user's."""
    found = session.get(ApiToken, token_id) if 0 < token_id < 2**31 else None
    if found is None or found.user_id != user.id:
        raise NotFound(Sentence(N_("You have no token #%(number)s."), {"number": token_id}))
    session.delete(found)


def add_sign_in_link(session: Session, user: User) -> str:
    """The secret part of a link that signs this user in once."""
    secret = secrets.token_urlsafe(24)
    session.add(SignInLink(secret_sha256=_sha256(secret), user_id=user.stored_id))
    return secret


def use_sign_in_link(session: Session, secret: str) -> User | None:
    """The user of an unused link; the link is spent by this."""
    session.flush()
    is_unused = (col(SignInLink.secret_sha256) == _sha256(secret)) & col(SignInLink.used).is_(None)
    spend = sa.update(SignInLink).where(is_unused).values(used=now()).returning(col(SignInLink.user_id))
    user_id = session.connection().execute(spend).scalar()
    return None if user_id is None else session.get(User, user_id)


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
