"""From text to a syntax tree, forgiving what can be repaired without guessing: tabs, odd spaces, lines of IPython."""

import ast
import re
import sys
import warnings
from collections.abc import Callable

from worker.child.failure import Failure
from worker.child.script.fstrings import with_older_fstrings
from worker.child.script.magics import without_magics
from worker.child.script.source import Fault, Source
from worker.child.script.wording import PYTHON_2, SYNTAX, TOO_DEEP, TOO_LARGE

MOST_CHARACTERS = 200_000
_PRINT_STATEMENT = re.compile(r"\s*print\s+[^\s(=]|.*\b(except\s+\w+\s*,\s*\w+\s*:|exec\s+['\"])")
# Spaces that come along when code is copied from a web page or typed with a Chinese keyboard.
_ODD_SPACES = str.maketrans({"\u00a0": " ", "\u3000": " ", "\u200b": "", "\ufeff": "", "\u2028": " "})


def parse_text(text: str) -> ast.Module:
    """Parse, without showing what Python warns of in the student's text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def readable(text: str) -> tuple[str, Fault | None]:
    """Return the text, repaired as little as makes it parse, and what is wrong if nothing does."""
    fault = _fault(text)
    if fault is None:
        return text, None
    for repair in _REPAIRS:
        repaired = repair(text)
        if _fault(repaired) is None:
            return repaired, None
    return text, fault


def _fault(text: str) -> Fault | None:
    try:
        parse_text(text)
    except SyntaxError as error:
        return Fault(error.lineno or 1, error.msg)
    except ValueError as error:  # a surrogate, or another character that Python cannot encode
        return Fault(1, str(error))
    return None


def _with_plain_spaces(text: str) -> str:
    return text.translate(_ODD_SPACES)


def _with_wide_tabs(text: str) -> str:
    return "\n".join(_expanded(line, 8) for line in text.split("\n"))


def _with_narrow_tabs(text: str) -> str:
    return "\n".join(_expanded(line, 4) for line in text.split("\n"))


def _expanded(line: str, width: int) -> str:
    body = line.lstrip(" \t")
    return line[: len(line) - len(body)].expandtabs(width) + body


def _all(*repairs: Callable[[str], str]) -> Callable[[str], str]:
    def repair(text: str) -> str:
        for one in repairs:
            text = one(text)
        return text

    return repair


# Editors that students mix tabs and spaces in show a tab as four columns; Python 2 took eight.
_REPAIRS = (
    without_magics,
    with_older_fstrings,
    _all(without_magics, with_older_fstrings),
    _with_plain_spaces,
    _with_narrow_tabs,
    _with_wide_tabs,
    _all(_with_plain_spaces, _with_narrow_tabs, without_magics, with_older_fstrings),
    _all(_with_plain_spaces, _with_wide_tabs, without_magics, with_older_fstrings),
)


def parse(source: Source) -> tuple[Source, ast.Module]:
    """Return the tree of a file, and the file with the text that was parsed.

    Raises:
        Failure: `bad_file` for text that is too long, nested too deeply or no Python.
    """
    if len(source.text) > MOST_CHARACTERS:
        values = {"name": source.name, "size": len(source.text), "most": MOST_CHARACTERS}
        raise Failure("bad_file", TOO_LARGE, values)
    try:
        text, fault = readable(source.text)
        if fault:
            raise syntax_failure(source, fault)
        return source.with_text(text), parse_text(text)
    except (RecursionError, MemoryError) as error:
        raise Failure("bad_file", TOO_DEEP, {"name": source.name}) from error


def syntax_failure(source: Source, fault: Fault) -> Failure:
    """Return the failure that shows a syntax error at its place in the student's file."""
    line = source.line(fault.line)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    place = source.place(fault.line)
    values = {"name": source.name, "version": version, "place": place, "line": line, "error": fault.error}
    if _PRINT_STATEMENT.match(line) or "Missing parentheses in call to" in fault.error:
        return Failure("bad_file", PYTHON_2, values)
    return Failure("bad_file", SYNTAX, values)
