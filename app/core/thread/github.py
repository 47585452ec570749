"""The JSON that GitHub gives for an issue and its comments.

`gh api repos/O/R/issues/N` gives the issue and `gh api --paginate repos/O/R/issues/N/comments` its comments: one array,
one array after the other, or with `--slurp` an array of arrays. `gh issue view N --json …` gives one object with all.
Any of these may be put one after the other into one file.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from app.core.errors import Problem
from app.core.sentences import N_, Sentence
from app.core.thread.posts import Post, make_post, storable

NO_JSON = N_("This begins like JSON, but cannot be read as JSON from character %(position)s on: %(reason)s")
GITHUB_SAYS = N_("GitHub answered “%(message)s” instead of a thread. Check the address and whether you are signed in.")
DEPTH_MAXIMUM = 6


def read_json(text: str) -> list[Post]:
    """The posts in such a file, in its order.

    Raises:
        Problem: if it is no JSON, or GitHub's answer to a request that failed.
    """
    values = list(_values(text))
    for value in values:
        if isinstance(value, dict) and "message" in value and "body" not in value:
            raise Problem(Sentence(GITHUB_SAYS, {"message": storable(str(value["message"]))[:80]}))
    return [post for value in values for post in _posts(value, DEPTH_MAXIMUM)]


def _values(text: str) -> Iterator[Any]:
    """The JSON values that stand one after the other."""
    decoder = json.JSONDecoder()
    position = _skip(text, 0)
    while position < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
            raise Problem(Sentence(NO_JSON, {"position": position, "reason": reason[:80]})) from error
        yield value
        position = _skip(text, position)


def _skip(text: str, position: int) -> int:
    """Past white space, and past the commas of arrays that were put together by hand."""
    while position < len(text) and (text[position].isspace() or text[position] in ",\ufeff"):
        position += 1
    return position


def _posts(value: Any, depth: int) -> Iterator[Post]:
    if depth == 0:
        return
    if isinstance(value, list):
        for item in value:
            yield from _posts(item, depth - 1)
    if isinstance(value, dict):
        if isinstance(value.get("body"), str):
            yield _post(value)
        for name in ("issue", "comments", "nodes"):
            if isinstance(value.get(name), list | dict):
                yield from _posts(value[name], depth - 1)


def _post(found: dict[str, Any]) -> Post:
    """A post by the names of the REST interface, or by those of `gh issue view`."""
    return make_post(
        found["body"],
        _login(found.get("user")) or _login(found.get("author")),
        _moment(found.get("created_at") or found.get("createdAt")),
        str(found.get("html_url") or found.get("url") or ""),
    )


def _login(user: Any) -> str:
    return str(user.get("login") or "") if isinstance(user, dict) else ""


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
