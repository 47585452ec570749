"""Who may become a user: anybody, who knows the class code, or nobody; the class says which."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session, col, select

from app.core.accounts import NewUser, check_new_user, sign_up
from app.core.database import session_scope
from app.core.display_names import own_name_error, tidy
from app.core.errors import InvalidFields, NotAllowed
from app.core.handles import own_handle_error
from app.core.joining_pace import count_joining
from app.core.sentences import N_, Sentence
from app.core.tables import Classroom, User
from app.core.throttle import address, begin_attempt, forget

OPEN = "open"
BY_CODE = "code"
CLOSED = "closed"
CODE_WRONG = N_("“%(value)s” is not the code of the class. Your teacher has it.")
CODE_MISSING = N_("To join, give the code of the class. Your teacher has it.")
SIGN_UP_CLOSED = N_("Nobody can join at the moment. Your teacher can open sign-up, or add you.")


def the_class(session: Session) -> Classroom:
    """The class of this service, with its settings."""
    return session.exec(select(Classroom)).one()


def teachers(session: Session) -> list[User]:
    """Who teaches the class, in the order in which they came."""
    statement = select(User).where(User.role == "teacher", col(User.departed).is_(None)).order_by(col(User.id))
    return list(session.exec(statement))


def is_code(classroom: Classroom, given: str) -> bool:
    """Whether this is the class code, however somebody groups its letters."""
    letters = "".join(letter for letter in given.lower() if letter not in " -–—\t")
    return hmac.compare_digest(letters.encode(), classroom.join_code.encode())


def join(new: NewUser, code: str, host: str) -> User:
    """Make a user, if the class lets them in.

    Args:
        new: What they say of themselves.
        code: The class code that they gave, if any.
        host: The network address that asks; wrong codes are counted for it.

    Raises:
        NotAllowed: while nobody can join.
        InvalidFields: for a wrong code, and for all that `sign_up` refuses.
        TooMany: after too many wrong codes, or when very many join from this address.
    """
    with session_scope() as session:
        classroom = the_class(session)
    check_open(classroom)
    if classroom.sign_up == BY_CODE:
        with guessing(host):
            check_code(classroom, code)
    check_new_user(new)
    with session_scope() as session:
        count_joining(session, host)
    with session_scope() as session:
        _check_free(session, new)
        return sign_up(session, new)


def _check_free(session: Session, new: NewUser) -> None:
    """Raise InvalidFields for a handle or a name that would be taken for somebody else's."""
    wrong = {
        "handle": own_handle_error(session, new.handle.strip().lower()),
        "name": own_name_error(session, tidy(new.name)),
    }
    if errors := {field: sentence for field, sentence in wrong.items() if sentence}:
        raise InvalidFields(errors)


def check_open(classroom: Classroom) -> None:
    """Raise NotAllowed while nobody can join."""
    if classroom.sign_up == CLOSED:
        raise NotAllowed(Sentence(SIGN_UP_CLOSED))


def check_code(classroom: Classroom, code: str) -> None:
    """Raise InvalidFields unless this is the class code."""
    if not code.strip():
        raise InvalidFields({"code": Sentence(CODE_MISSING)})
    if not is_code(classroom, code):
        raise InvalidFields({"code": Sentence(CODE_WRONG, {"value": code.strip()[:40]})})


@contextmanager
def guessing(host: str) -> Iterator[None]:
    """Count a try for this address, unless the block ends well. Raises TooMany."""
    with session_scope() as session:
        attempt = begin_attempt(session, address(host))
    yield
    with session_scope() as session:
        forget(session, attempt)
