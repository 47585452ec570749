"""API tokens: long random secrets of which only the sha256 is kept, and what each of them may do."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.errors import Conflict, InvalidFields, NotFound
from app.core.sentences import N_, Sentence
from app.core.tables import ApiToken, User, now
from app.core.visits import is_visit_due, note_visit

TOKEN_PREFIX = "mnb_"  # noqa: S105 - not a secret: it lets scanners recognise a leaked token
# Nobody keeps an eye on more; a program that makes one at each start would fill the table.
TOKENS_MAXIMUM = 100
LAST_USED_GRAIN = timedelta(minutes=1)
READ = "read"
SUBMIT = "submit"
SCOPES = (READ, SUBMIT)
# Who may submit may read, or they could not watch what becomes of it.
SCOPE_WORDS = {READ: N_("read what I may see"), "read submit": N_("that, submit, and change what is mine")}


def add_token(session: Session, user: User, name: str, scopes: Iterable[str] = SCOPES) -> str:
    """Make an API token and return it; this is the only time that it can be read.

    Raises:
        InvalidFields: for no scope, or one that there is not.
        Conflict: when the user has enough of them.
    """
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    words = " ".join(check_scopes(scopes))
    count = select(sa.func.count()).select_from(ApiToken).where(ApiToken.user_id == user.stored_id)
    if session.exec(count).one() >= TOKENS_MAXIMUM:
        text = N_("You have %(maximum)s tokens, which is as many as there can be. Revoke one first.")
        raise Conflict(Sentence(text, {"maximum": TOKENS_MAXIMUM}))
    session.add(ApiToken(user_id=user.stored_id, token_sha256=hash_secret(token), name=name, scopes=words))
    return token


def check_scopes(given: Iterable[str]) -> list[str]:
    """The scopes in our order, each once; `submit` brings `read` with it.

    Raises:
        InvalidFields: for none, and for one that there is not.
    """
    chosen = list(given)
    unknown = [scope for scope in chosen if scope not in SCOPES]
    if unknown:
        text = N_("There is no scope “%(value)s”. The scopes are: %(names)s.")
        raise InvalidFields({"scopes": Sentence(text, {"value": unknown[0][:40], "names": ", ".join(SCOPES)})})
    if not chosen:
        raise InvalidFields({"scopes": Sentence(N_("Choose at least one thing that the token may do."))})
    return list(SCOPES) if SUBMIT in chosen else [READ]


def scopes_of(token: ApiToken) -> list[str]:
    """What a token may do."""
    return token.scopes.split()


def find_token(session: Session, token: str) -> ApiToken | None:
    """The row of a token."""
    return session.exec(select(ApiToken).where(ApiToken.token_sha256 == hash_secret(token))).first()


def use_token(session: Session, token: str) -> tuple[User, ApiToken] | None:
    """A token and whose it is; notes the use, at most once a minute so that reading does not always write."""
    found = find_token(session, token)
    if found is None:
        return None
    user = session.get_one(User, found.user_id)
    if user.departed is not None:
        # Made in the moment in which the account was deleted.
        return None
    if found.last_used is None or now() - found.last_used > LAST_USED_GRAIN:
        found.last_used = now()
        session.add(found)
    if is_visit_due(user):
        note_visit(session, user.stored_id)
    return user, found


def user_of_token(session: Session, token: str) -> User | None:
    """Whose token it is; notes the use."""
    used = use_token(session, token)
    return used[0] if used else None


def tokens_of(session: Session, user: User, limit: int | None = None, before: int | None = None) -> list[ApiToken]:
    """A user's tokens, newest first; `before`: only with smaller ids."""
    statement = select(ApiToken).where(ApiToken.user_id == user.id).order_by(col(ApiToken.id).desc()).limit(limit)
    if before is not None:
        statement = statement.where(col(ApiToken.id) < before)
    return list(session.exec(statement))


def revoke_token(session: Session, user: User, token_id: int) -> None:
    """Make a token worthless. Raises NotFound unless it is this user's."""
    found = session.get(ApiToken, token_id) if 0 < token_id < 2**31 else None
    if found is None or found.user_id != user.id:
        raise NotFound(Sentence(N_("You have no token #%(number)s."), {"number": token_id}))
    session.delete(found)


def revoke_all(session: Session, user: User) -> None:
    """Make all tokens of a user worthless."""
    session.connection().execute(sa.delete(ApiToken).where(col(ApiToken.user_id) == user.stored_id))


def hash_secret(secret: str) -> str:
    """What is kept of a long random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
