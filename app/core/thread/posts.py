"""Posts of a thread, as they were written."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

# GitHub's own limit of a comment.
TEXT_MAXIMUM = 65_536
# More than any class writes in years; each of them is a row on the page that shows what was understood.
POSTS_MAXIMUM = 500
# Of three hundred comments, GitHub's JSON has about one MB.
THREAD_MAXIMUM_BYTES = 10_000_000
# More of a form is taken than of a thread, so that a thread that is too long is refused with its size, not as a form.
PART_MAXIMUM_BYTES = 4 * THREAD_MAXIMUM_BYTES
NAME_MAXIMUM = 80
ADDRESS_MAXIMUM = 400
KEY_MAXIMUM = 200


@dataclass(frozen=True)
class Post:
    """One post. `key` tells it from all others, whatever was imported before."""

    key: str
    text: str
    author: str = ""
    posted: datetime | None = None
    url: str = ""


def make_post(text: str, author: str = "", posted: datetime | None = None, url: str = "") -> Post:
    """A post with what no database can hold taken out of it, and a key of its address or of what it says."""
    text, author = storable(text)[:TEXT_MAXIMUM].strip(), " ".join(storable(author).split())[:NAME_MAXIMUM]
    url = _address(url)
    if 0 < len(url) <= KEY_MAXIMUM:
        return Post(url, text, author, posted, url)
    said = "\n".join((author, posted.isoformat() if posted else "", text))
    return Post(f"sha256:{hashlib.sha256(said.encode()).hexdigest()}", text, author, posted, url)


def storable(text: str) -> str:
    """Text without NUL and without halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _address(url: str) -> str:
    """An address that a link may lead to, or nothing."""
    url = storable(url).strip()
    is_web = url.startswith(("https://", "http://")) and url.isprintable() and " " not in url
    return url if is_web and len(url) <= ADDRESS_MAXIMUM else ""
