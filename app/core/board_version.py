"""What tells whether anything on the board has changed: the key of everything that is computed from all results."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.tables import Classroom, Result, Submission, User

# No name holds these: they divide texts in ASCII.
BETWEEN_PARTS, BETWEEN_PEOPLE = "\x1f", "\x1e"


@dataclass(frozen=True)
class BoardVersion:
    """Equal exactly if the same results stand on the board of the same people."""

    dataset: str
    results: int
    newest: datetime | None
    withdrawn: int
    last_withdrawn: datetime | None
    names: str
    hidden: int
    last_hidden: datetime | None
    opens: datetime | None
    closes: datetime | None


def board_version(session: Session, dataset: str) -> BoardVersion:
    """The version now: three counts over indexes and small tables, without a look into the results themselves."""
    results, newest = session.exec(select(sa.func.count(), sa.func.max(Result.created)).select_from(Result)).one()
    statement = sa.select(
        sa.func.count(col(Submission.withdrawn)),
        sa.func.max(col(Submission.withdrawn)),
        sa.func.count(col(Submission.hidden)),
        sa.func.max(col(Submission.hidden)),
    ).where(col(Submission.dataset) == dataset)
    withdrawn, last_withdrawn, hidden, last_hidden = session.connection().execute(statement).one()
    opens, closes = session.exec(select(Classroom.opens, Classroom.closes)).first() or (None, None)
    names = _names(session)
    return BoardVersion(dataset, results, newest, withdrawn, last_withdrawn, names, hidden, last_hidden, opens, closes)


def _names(session: Session) -> str:
    """A mark of all people as the board names them: they are renamed without a new result.

    The database joins the names: as 5,000 rows of Python they take 9 ms on every request, as one text 2 ms.
    """
    parts = (sa.cast(col(User.id), sa.String), col(User.handle), col(User.name), col(User.role))
    person = sa.literal("").concat(parts[0])
    for part in parts[1:]:
        person = person.concat(BETWEEN_PARTS).concat(part)
    joined = session.exec(select(sa.func.aggregate_strings(person, BETWEEN_PEOPLE))).one()
    return hashlib.blake2b((joined or "").encode(), digest_size=16).hexdigest()
