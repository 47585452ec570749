"""What a text refers to: submissions as #117 and people as @zhou-yi. One reading for its links and for who is told."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from sqlmodel import Session, col, select

from app.core.pseudonyms import SIGN, pseudonym_handle
from app.core.shown_names import are_names_hidden, pseudonym_of, shown
from app.core.tables import Classroom, Submission, User

# In ASCII terms, as Chinese puts no spaces around names. Addresses (a@b.cn, x.cn/#3) and words are left alone.
REFERENCE = re.compile(
    r"(?<![\w#@/&.=-])(?:#(?P<number>[1-9]\d{0,8})|@(?P<handle>~?[a-z0-9](?:[a-z0-9_-]{0,30}[a-z0-9])?))(?!\w)",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class References:
    """Handles and submission numbers: those in a text, or those of them that lead somewhere.

    `shown`: for each handle that leads somewhere, the one under which the reader knows that person.
    """

    handles: frozenset[str] = frozenset()
    numbers: frozenset[int] = frozenset()
    shown: Mapping[str, str] = field(default_factory=dict, compare=False)


@lru_cache
def _parser() -> MarkdownIt:
    """Only to tell text from code and from the words of links; it finds no addresses and makes no HTML."""
    return MarkdownIt("commonmark", {"html": False}).enable("strikethrough")


def references_in(texts: Iterable[str]) -> References:
    """What these Markdown texts refer to, outside of code and links."""
    handles: set[str] = set()
    numbers: set[int] = set()
    for text in texts:
        for found in _found(text):
            if found["number"]:
                numbers.add(int(found["number"]))
            else:
                handles.add(found["handle"].lower())
    return References(frozenset(handles), frozenset(numbers))


def _found(text: str) -> Iterator[re.Match[str]]:
    if "#" not in text and "@" not in text:
        return
    for token in _parser().parse(text):
        for part in plain_parts(token.children or []):
            yield from REFERENCE.finditer(part.content)


def plain_parts(tokens: Iterable[Token]) -> Iterator[Token]:
    """The parts of a line that are text and not the words of a link."""
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and depth == 0:
            yield token


def known_references(session: Session, texts: Iterable[str]) -> References:
    """Those references in texts that lead somewhere: people who are here, submissions that everybody may see."""
    found = references_in(texts)
    people = {typed: shown(user).handle for typed, user in people_called(session, found.handles).items()}
    standing = (col(Submission.withdrawn).is_(None), col(Submission.hidden).is_(None))
    numbers = select(Submission.number).where(col(Submission.number).in_(found.numbers), *standing)
    return References(
        frozenset(people),
        frozenset(number for number in session.exec(numbers) if number) if found.numbers else frozenset(),
        people,
    )


def people_called(session: Session, handles: Collection[str]) -> dict[str, User]:
    """Who is meant by these handles and pseudonyms. Handles that whoever reads may not know mean nobody."""
    if not handles:
        return {}
    keys = [handle.removeprefix(SIGN) for handle in handles if handle.startswith(SIGN)]
    is_called = col(User.handle).in_(handles) | (col(User.pseudonym).in_(keys) & (User.role == "student"))
    found: dict[str, User] = {}
    for user in session.exec(select(User).where(is_called, col(User.departed).is_(None))):
        names = {shown(user).handle, pseudonym_handle(pseudonym_of(user))}
        found |= {name: user for name in names if name in handles}
    return found


def without_handles(session: Session, text: str) -> str:
    """A teacher's text with pseudonyms in place of the handles of students whose names the class does not show."""
    hidden = {user.handle: user.pseudonym for user in session.exec(select(User).where(User.role == "student"))}

    def replaced(found: re.Match[str]) -> str:
        key = hidden.get((found["handle"] or "").lower())
        return f"@{pseudonym_handle(key)}" if key else found.group()

    is_hiding = are_names_hidden(session.exec(select(Classroom)).one())
    return REFERENCE.sub(replaced, text) if is_hiding and "@" in text else text
