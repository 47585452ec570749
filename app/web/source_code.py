"""Uploaded source as coloured text. Nothing here runs or compiles it: a lexer looks at its letters."""

import json
import time
from functools import lru_cache

import pygments
from markupsafe import Markup
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from app.core.blobs import get_blobs
from app.core.model_files import is_source, suffix_of

SHOWN_BYTES_MAXIMUM = 100_000
# What people here write besides UTF-8; every sequence of bytes can be read as it, if need be with gaps.
OTHER_ENCODING = "gb18030"
LEXER_S = 0.5
CELL_GAP = "\n\n"


@lru_cache(maxsize=64)
def source_html(sha256: str, name: str) -> Markup | None:
    """A stored source file in colours; None for what is too long or no source."""
    if not is_source(name) or get_blobs().size_bytes(sha256) > SHOWN_BYTES_MAXIMUM:
        return None
    with get_blobs().open(sha256) as file:
        text = _decoded(file.read(SHOWN_BYTES_MAXIMUM))
    if suffix_of(name) == ".ipynb":
        text = _cells(text)
    return coloured(text)


def coloured(text: str) -> Markup:
    """Python in colours; without them where that takes long: a few lexer rules look at long blanks again and again."""
    deadline = time.monotonic() + LEXER_S
    tokens = []
    for token in PythonLexer().get_tokens(text):
        tokens.append(token)
        if time.monotonic() > deadline:
            return Markup.escape(text)
    return Markup(pygments.format(tokens, HtmlFormatter(nowrap=True)))  # noqa: S704 - pygments escapes


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode(OTHER_ENCODING, "replace")


def _cells(text: str) -> str:
    """The code of a notebook; the text as it is where it is no notebook."""
    try:
        cells = json.loads(text)["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return CELL_GAP.join(source if isinstance(source, str) else "".join(source) for source in sources)
    except (ValueError, KeyError, TypeError, RecursionError):
        return text
