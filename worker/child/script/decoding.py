"""From the bytes of an upload to text: encodings as students' editors write them, and files that are no text at all."""

import codecs
import io
import re
import tokenize

from worker.child.failure import Failure
from worker.child.script.wording import BINARY, EMPTY, WEB_PAGE, ZIP_ARCHIVE

# The order matters: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings that a coding line may name; others, such as punycode or rot13, are none that an editor writes.
_WRITTEN = re.compile(r"(utf-?8|gb|big5|hz|cp\d|mac|iso|ascii|latin|euc|shift|koi|johab|windows)", re.IGNORECASE)
_WEB_PAGE = re.compile(r"\s*(<!doctype\s+html|<html|<\?xml|<head|<body|<div)", re.IGNORECASE)


def decode(content: bytes, name: str) -> str:
    r"""Return the text of a file, its lines ended by \n.

    Raises:
        Failure: `bad_file` for what is no text or a web page.
    """
    if content.startswith(b"PK\x03\x04"):
        raise Failure("bad_file", ZIP_ARCHIVE, {"name": name})
    text = _text(content)
    if "\0" in text:
        raise Failure("bad_file", BINARY, {"name": name, "start": content[:4].hex(" ")})
    if not text.strip():
        raise Failure("bad_file", EMPTY, {"name": name})
    if _WEB_PAGE.match(text):
        raise Failure("bad_file", WEB_PAGE, {"name": name})
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    # Every byte is a character of Latin-1, so the last one always fits; only comments can come out wrong.
    for encoding in (*_stated(content), "utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return content.decode("latin-1")


def _stated(content: bytes) -> list[str]:
    """The encodings that the bytes themselves suggest: a coding line, or UTF-16 without its mark."""
    if len(content) > 3 and content[1:200:2].count(0) * 3 > len(content[1:200:2]):
        return ["utf-16-le"]
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError:  # an unknown encoding is named, or it is not the one the file is in
        return []
    return [encoding] if _WRITTEN.match(encoding) else []
