"""F-strings as Python 3.12 allows them, rewritten for this Python: quotes and backslashes inside their brackets."""

import ast
import re

# An f-string's beginning, or a comment or another string, in which nothing that looks like one is meant.
_NEXT = re.compile(
    r"(?<!\w)(?P<prefix>[fF][rR]?|[rR][fF])(?P<quote>\"\"\"|'''|\"|')"
    r"|#[^\n]*"
    r"|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''"
    r"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'",
    re.DOTALL,
)
_STRING = re.compile(r"(?<!\w)[rRbBuU]?(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')")


def with_older_fstrings(text: str) -> str:
    """Return the text with the strings inside an f-string's brackets written without quotes and backslashes."""
    parts: list[str] = []
    position = 0
    while found := _NEXT.search(text, position):
        end = _end(text, found.end(), found["quote"]) if found["prefix"] else found.end()
        parts += [text[position : found.end()], _rewritten(text[found.end() : end])]
        position = end + len(found["quote"] or "")
        parts.append(text[end:position])
    return "".join(parts) + text[position:]


def _end(text: str, position: int, quote: str) -> int:
    """Where an f-string ends: at the first quote like its own that is in none of its brackets."""
    depth = 0
    while position < len(text):
        if depth and (inner := _STRING.match(text, position)):
            position = inner.end()
        elif not depth and text.startswith(quote, position):
            return position
        elif not depth and (text[position] == "\\" or text[position : position + 2] in ("{{", "}}")):
            position += 2
        else:
            depth += {"{": 1, "}": -1}.get(text[position], 0)
            position += 1
    return len(text)


def _rewritten(body: str) -> str:
    """The inside of an f-string: what stands in its brackets is changed, the rest is text."""
    parts: list[str] = []
    position = start = depth = 0
    while position < len(body):
        if not depth and (body[position] == "\\" or body[position : position + 2] in ("{{", "}}")):
            position += 2
        elif depth and (inner := _STRING.match(body, position)):
            parts += [body[start:position], _without_quotes(inner.group())]
            position = start = inner.end()
        else:
            depth += {"{": 1, "}": -1}.get(body[position], 0)
            position += 1
    return "".join(parts) + body[start:]


def _without_quotes(literal: str) -> str:
    try:
        value = ast.literal_eval(literal)
    except (SyntaxError, ValueError):  # no string after all; the parser will say what it is
        return literal
    codes = ",".join(str(ord(character)) for character in value) if isinstance(value, str) else ""
    return f"str().join(map(chr,[{codes}]))" if isinstance(value, str) else literal
