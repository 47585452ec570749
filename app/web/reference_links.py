"""#117 and @zhou-yi in a text as links, where they lead somewhere."""

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from app.core.references import REFERENCE, References, plain_parts


def link_references(tokens: Sequence[Token], known: References) -> None:
    """Put links into parsed Markdown; code and the words of other links stay as they are."""
    for token in tokens:
        if token.children:
            plain = {id(part) for part in plain_parts(token.children)}
            token.children = [
                new for part in token.children for new in (_linked(part, known) if id(part) in plain else [part])
            ]


def _linked(part: Token, known: References) -> Iterator[Token]:
    """A piece of text with its references as links."""
    end = 0
    for found in REFERENCE.finditer(part.content):
        target = _target(found, known)
        if target:
            yield _text(part, part.content[end : found.start()])
            yield Token("link_open", "a", 1, attrs={"href": target})
            yield _text(part, _words(found, known))
            yield Token("link_close", "a", -1)
            end = found.end()
    yield _text(part, part.content[end:])


def _target(found: re.Match[str], known: References) -> str:
    if found["number"]:
        return f"/s/{found['number']}" if int(found["number"]) in known.numbers else ""
    handle = found["handle"].lower()
    return f"/u/{known.shown.get(handle, handle)}" if handle in known.handles else ""


def _words(found: re.Match[str], known: References) -> str:
    """The reference as it was written; who is known under another name now, by that one."""
    handle = (found["handle"] or "").lower()
    return f"@{known.shown[handle]}" if known.shown.get(handle, handle) != handle else found.group()


def _text(part: Token, content: str) -> Token:
    return Token("text", "", 0, content=content, level=part.level)
