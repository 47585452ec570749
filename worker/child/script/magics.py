"""Lines of IPython that are no Python: magics, shell commands and questions, each put out of the way in its line."""

import re

from worker.child.script.words import words

_LINE = re.compile(
    r"(?P<indent>\s*)(?P<sign>[%!?]|(pip3?|conda|cd|ls|pwd|mkdir|rm|cat|wget|curl|git|unzip)\s+[^=(.\s])"
)
_TIMED = re.compile(r"(?P<indent>\s*)%(time|prun|lprun)\s+(?!-)(?P<statement>\S.*)")
_QUESTION = re.compile(r"(?P<indent>\s*)[\w.]+\s*\?{1,2}\s*$")
_ASSIGNED = re.compile(r"(?P<target>\s*[\w.,\s]+=\s*)[!%](?!=).*")
_CELL = re.compile(r"\s*%%(?P<magic>\w+)(?P<rest>.*)")

# Cells in another language, and those whose text is only written to a file.
_NO_PYTHON = words(
    "bash sh script cmd html HTML javascript js latex svg SVG markdown perl ruby R cython writefile file sql"
)


def without_magics(text: str) -> str:
    """Return the text with every line of IPython made harmless, so that the others keep their numbers."""
    kept = []
    continues = False
    for line in text.split("\n"):
        is_magic = continues or bool(_LINE.match(line))
        continues = is_magic and line.rstrip().endswith("\\")
        kept.append(_plain(line, is_magic))
    return "\n".join(kept)


def _plain(line: str, is_magic: bool) -> str:
    if timed := _TIMED.match(line):
        return timed["indent"] + timed["statement"]
    if assigned := _ASSIGNED.match(line):
        return assigned["target"] + "None"
    if is_magic or _QUESTION.match(line):
        return line[: len(line) - len(line.lstrip())] + "pass"
    return line


def cell_body(text: str) -> tuple[str, str]:
    """Return a cell's Python, its first line emptied if it is a %% magic, and the module it writes, or ""."""
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    found = _CELL.match(lines[first])
    if not found:
        return text, ""
    body = "\n".join(["" for _ in lines[: first + 1]] + lines[first + 1 :])
    written = re.search(r"(?P<module>\w+)\.py\s*$", found["rest"])
    if found["magic"] in {"writefile", "file"} and written:
        return body, written["module"]
    return ("\n" * (len(lines) - 1) if found["magic"] in _NO_PYTHON else body), ""
