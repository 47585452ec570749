"""Who is who: users, passwords, API tokens and one-time sign-in links.

Secrets are kept as hashes only: passwords as argon2id (RFC 9106); tokens and links, long and random, as sha256.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.core.audit import note
from app.core.database import begin_writing
from app.core.display_names import NAME_MAXIMUM, is_one_line, name_error, own_name_error, tidy
from app.core.errors import InvalidFields
from app.core.passwords import hash_password, is_password, password_errors
from app.core.pseudonyms import free_pseudonym
from app.core.sentences import N_, Sentence
from app.core.tables import Classroom, Membership, SignInLink, User, now
from app.core.tokens import add_token, find_token, hash_secret, revoke_token, tokens_of, user_of_token

__all__ = [
    "NAME_MAXIMUM",
    "NewUser",
    "add_sign_in_link",
    "add_token",
    "add_user",
    "check_new_user",
    "check_password",
    "end_sessions",
    "find_token",
    "find_user",
    "forget_links",
    "is_one_line",
    "reset_link",
    "revoke_token",
    "set_name",
    "set_password",
    "sign_up",
    "tokens_of",
    "use_sign_in_link",
    "user_of_token",
]

HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,30}[a-z0-9])?")
# Long enough to reach somebody who is away, short enough that a forgotten message opens nothing.
LINK_AGE = timedelta(days=7)


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
    check_new_user(new)
    return add_user(session, new.handle.strip().lower(), tidy(new.name), role, hash_password(new.password))


def check_new_user(new: NewUser) -> None:
    """Raise InvalidFields for what is wrong with it by itself, whoever is here already."""
    handle = new.handle.strip().lower()
    errors = _handle_errors(handle) | _name_errors(new.name) | password_errors(new.password, (handle, new.name))
    if errors:
        raise InvalidFields(errors)


def _name_errors(name: str) -> dict[str, Sentence]:
    error = name_error(tidy(name))
    return {"name": error} if error else {}


def set_name(session: Session, user: User, name: str) -> None:
    """Give a user another name. Raises InvalidFields for one that cannot be shown, or is taken for somebody else's."""
    name = tidy(name)
    # The name that they have already may stay, whoever is called the same.
    if name != user.name and (error := own_name_error(session, name, user)):
        raise InvalidFields({"name": error})
    user.name = name
    session.add(user)


def _handle_errors(handle: str) -> dict[str, Sentence]:
    if HANDLE.fullmatch(handle):
        return {}
    text = N_("“%(value)s” cannot be a handle. Use 1 to 32 letters a–z, digits, - and _, e.g. zhou-yi.")
    return {"handle": Sentence(text, {"value": handle[:40]})}


def add_user(session: Session, handle: str, name: str, role: str, password_hash: str = "") -> User:
    """Make a user and put them into the class. Raises InvalidFields when the handle is taken or not allowed."""
    if errors := _handle_errors(handle):
        raise InvalidFields(errors)
    begin_writing(session.connection())
    pseudonym = free_pseudonym(set(session.exec(select(User.pseudonym))))
    user = User(handle=handle, name=name, role=role, password_hash=password_hash, pseudonym=pseudonym)
    try:
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
    if errors := password_errors(password, (user.handle, user.name)):
        raise InvalidFields(errors)
    user.password_hash = hash_password(password)
    session.add(user)


def end_sessions(session: Session, user: User) -> None:
    """Sign a user out everywhere. API tokens are no sessions, and stay."""
    user.session_mark = secrets.token_hex(8)
    session.add(user)


def find_user(session: Session, handle: str) -> User | None:
    """The user of that handle."""
    known_form = HANDLE.fullmatch(handle.strip().lower())
    return session.exec(select(User).where(User.handle == known_form.group())).first() if known_form else None


def check_password(session: Session, handle: str, password: str) -> User | None:
    """The user, if the password is theirs. Takes the same time for an unknown handle as for a wrong password."""
    user = find_user(session, handle)
    return user if is_password(user.password_hash if user else "", password) else None


def add_sign_in_link(session: Session, user: User) -> str:
    """The secret part of a link that signs this user in once."""
    secret = secrets.token_urlsafe(24)
    session.add(SignInLink(secret_sha256=hash_secret(secret), user_id=user.stored_id))
    return secret


def reset_link(session: Session, user: User, actor: User | None) -> str:
    """The secret of a new sign-in link for somebody who has lost their password; earlier links stop working.

    `actor`: the teacher who gives it, None for the command line. The old password works until the link is used.
    """
    forget_links(session, user)
    note(session, actor, "user.reset", f"user {user.handle}")
    return add_sign_in_link(session, user)


def forget_links(session: Session, user: User) -> None:
    """Make a user's unused sign-in links worthless."""
    is_unused = (col(SignInLink.user_id) == user.stored_id) & col(SignInLink.used).is_(None)
    session.flush()
    session.connection().execute(sa.delete(SignInLink).where(is_unused))


def use_sign_in_link(session: Session, secret: str) -> User | None:
    """The user of an unused link of the last days; the link is spent by this, and with it the old password."""
    session.flush()
    is_unused = (col(SignInLink.secret_sha256) == hash_secret(secret)) & col(SignInLink.used).is_(None)
    is_young = col(SignInLink.created) > now() - LINK_AGE
    spend = sa.update(SignInLink).where(is_unused & is_young).values(used=now()).returning(col(SignInLink.user_id))
    user_id = session.connection().execute(spend).scalar()
    if user_id is None:
        return None
    user = session.get_one(User, user_id)
    if user.departed is not None:
        return None
    user.password_hash = ""
    session.add(user)
    return user
