"""How people are named to whoever reads. The one place that decides between a name and a pseudonym.

While the class shows pseudonyms, students are named to teachers and to themselves only. The web says at the beginning
of a request that somebody reads (`reading`), and as soon as it knows them who (`read_by`, `read_in`); until then they
are a stranger, who sees no names. Outside of a request, on the command line and in the worker, nothing is hidden,
unless a message is written for somebody: `written_for`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from sqlmodel import Session, select

from app.core.pseudonyms import Pseudonym, pseudonym_handle
from app.core.tables import Classroom, User, now

REAL = "real"
PSEUDONYMS = "pseudonyms"


class Known(Protocol):
    """Somebody who is known here: a row of the table `user`, or what pages keep of one."""

    @property
    def id(self) -> int | None: ...  # noqa: D102
    @property
    def role(self) -> str: ...  # noqa: D102


@dataclass
class Audience:
    """For whom names are read. Filled in while a request goes on, so that it is one object for all its threads."""

    hides: bool = True
    reader_id: int | None = None
    is_teacher: bool = False

    def is_hidden_from(self, user_id: int | None) -> bool:
        """Whether this student's name is kept from the reader."""
        return self.hides and not self.is_teacher and (user_id is None or user_id != self.reader_id)


_audience: ContextVar[Audience | None] = ContextVar("audience", default=None)


@contextmanager
def reading() -> Iterator[None]:
    """Within this somebody reads who is not known yet."""
    token = _audience.set(Audience())
    try:
        yield
    finally:
        _audience.reset(token)


def read_in(classroom: Classroom) -> None:
    """Say which class is read."""
    audience = _audience.get()
    if audience is not None:
        audience.hides = are_names_hidden(classroom)


def read_by(reader: Known | None) -> None:
    """Say who reads."""
    audience = _audience.get()
    if audience is not None and reader is not None:
        audience.reader_id, audience.is_teacher = reader.id, reader.role == "teacher"


@contextmanager
def written_for(session: Session, reader: User) -> Iterator[None]:
    """Within this names are as that user may read them."""
    classroom = session.exec(select(Classroom)).one()
    audience = Audience(are_names_hidden(classroom), reader.id, reader.role == "teacher")
    token = _audience.set(audience)
    try:
        yield
    finally:
        _audience.reset(token)


@contextmanager
def as_classmate() -> Iterator[None]:
    """Within this names are as a student reads them who has none of their own here."""
    audience = _audience.get()
    token = _audience.set(Audience(audience.hides if audience else True))
    try:
        yield
    finally:
        _audience.reset(token)


def are_names_hidden(classroom: Classroom) -> bool:
    """Whether classmates see pseudonyms now: from the day on which the teacher chose so until the class closes."""
    return classroom.names == PSEUDONYMS and (classroom.closes is None or now() < classroom.closes)


def is_hidden(user_id: int | None, pseudonym: str) -> bool:
    """Whether the name of the user with that pseudonym, empty for those who always have a name, is kept back now."""
    audience = _audience.get()
    return bool(pseudonym) and audience is not None and audience.is_hidden_from(user_id)


def name_of(user_id: int | None, name: str, pseudonym: str) -> str:
    """The name, or what stands in its place."""
    return Pseudonym.of(pseudonym) if is_hidden(user_id, pseudonym) else name


def handle_of(user_id: int | None, handle: str, pseudonym: str) -> str:
    """The handle, or what stands in its place."""
    return pseudonym_handle(pseudonym) if is_hidden(user_id, pseudonym) else handle


def pseudonym_of(user: User) -> str:
    """The pseudonym of a student; empty for teachers, the course and those who have left: they are never hidden."""
    return user.pseudonym if user.role == "student" and user.departed is None else ""


def is_named_by_pseudonym(session: Session, user: User) -> bool:
    """Whether classmates know this user by a pseudonym now."""
    return bool(pseudonym_of(user)) and are_names_hidden(session.exec(select(Classroom)).one())


@dataclass(frozen=True)
class Shown:
    """A user as this reader may see them: what pages, the API and files show of one."""

    id: int
    handle: str
    name: str
    role: str
    has_left: bool

    @property
    def departed(self) -> bool:
        """Whether the account was deleted."""
        return self.has_left


def shown(user: User) -> Shown:
    """This user for whoever reads."""
    pseudonym = pseudonym_of(user)
    return Shown(
        user.stored_id,
        handle_of(user.id, user.handle, pseudonym),
        name_of(user.id, user.name, pseudonym),
        user.role,
        user.departed is not None,
    )


def mark() -> str:
    """What tells answers to readers who see different names apart; the same for all who see the same ones."""
    audience = _audience.get()
    if audience is None or audience.is_teacher or not audience.hides:
        return REAL
    return f"{PSEUDONYMS}:{audience.reader_id or ''}"
