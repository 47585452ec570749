"""Passwords: which ones are good enough, and their hashes (argon2id, RFC 9106)."""

import secrets
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import argon2

from app.core.sentences import N_, Sentence

PASSWORD_MINIMUM = 10
# argon2 reads the whole password; a megabyte of it would keep a core busy for a stranger.
PASSWORD_MAXIMUM = 1000
# Of all lengths, and again of those long enough to be tried here at all.
COMMONEST = 1000

_hasher = argon2.PasswordHasher()


def password_errors(password: str, own_words: Iterable[str] = ()) -> dict[str, Sentence]:
    """What is wrong with a new password, under the name of its field; nothing where it can be used.

    `own_words`: what anybody knows of its owner, such as the handle. There are no rules of composition: they make
    passwords harder to remember, not to guess.
    """
    if not PASSWORD_MINIMUM <= len(password) <= PASSWORD_MAXIMUM:
        text = N_("The password has %(given)s characters; use %(minimum)s or more. A sentence works well.")
        return {"password": Sentence(text, {"given": len(password), "minimum": PASSWORD_MINIMUM})}
    folded = _fold(password)
    if folded in {_fold(word) for word in own_words}:
        return {"password": Sentence(N_("The password is your handle or your name. Choose one that nobody can guess."))}
    if folded in common_passwords() or len(set(folded)) == 1:
        text = N_("This password is among the commonest, which are tried first. Choose another; a sentence works well.")
        return {"password": Sentence(text)}
    return {}


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


@lru_cache
def common_passwords() -> frozenset[str]:
    """The commonest passwords that leaked lists hold, in small letters."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # 2 MB of words: loaded when the first password is chosen

    listed = FREQUENCY_LISTS["passwords"]
    usable = [password for password in listed if len(password) >= PASSWORD_MINIMUM]
    return frozenset(listed[:COMMONEST]) | frozenset(usable[:COMMONEST])


def hash_password(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(password)


def is_password(stored_hash: str, password: str) -> bool:
    """Whether a hash is of this password. Takes the same time where there is no hash."""
    try:
        _hasher.verify(stored_hash or _NOBODYS_HASH, password[:PASSWORD_MAXIMUM])
    except argon2.exceptions.VerifyMismatchError:
        return False
    return bool(stored_hash)


_NOBODYS_HASH = _hasher.hash(secrets.token_hex(16))
