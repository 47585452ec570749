"""Long lists in parts, all in one way: `limit`, `cursor`, and `next`, the address of the part that follows.

A cursor says where a part ends by a value and not by counting, so that what is added meanwhile shifts nothing. What is
in it is nobody's business: it is read by the list that wrote it, and by no other.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request

from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence

T = TypeVar("T")
LIMIT, LIMIT_MAXIMUM = 50, 200
CURSOR_MAXIMUM = 800
SHOWN_MAXIMUM = 40
# What every database takes for a number; and for moments, microseconds until the year 2255.
POSITION_MAXIMUM, MOMENT_MAXIMUM = 2**31 - 1, 2**53
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WRONG_CURSOR = N_("“%(value)s” is no cursor of ours. Take the address in “next”, or start without one.")


@dataclass(frozen=True)
class Part:
    """The part of a list that is asked for: at most `limit` rows behind `position`, which is None at the beginning."""

    request: Request
    limit: int
    position: int | None

    @property
    def after(self) -> int:
        """The same as a number, for lists whose positions count up from 1, or count what was given before."""
        return self.position or 0

    @property
    def moment(self) -> datetime | None:
        """The same where positions are moments, as `position_at` writes them."""
        return None if self.position is None else EPOCH + timedelta(microseconds=self.position)

    def cut(self, found: Sequence[T], position: Callable[[T], int]) -> tuple[Sequence[T], str | None]:
        """The rows of this part, and the address of the next one.

        `found`: what follows `position`, one more than `limit` where there is as much. `position`: of a row.
        """
        shown = found[: self.limit]
        return shown, self.next_url(position(shown[-1])) if len(found) > self.limit else None

    def next_count(self, length: int) -> str | None:
        """The address of the next part of a list that never changes, of that length: its positions are mere counts."""
        end = self.after + self.limit
        return self.next_url(end) if end < length else None

    def next_url(self, position: int) -> str:
        """This address with another cursor."""
        kept = self.request.url.include_query_params(limit=self.limit, cursor=_written(self.request, position))
        return f"{kept.path}?{kept.query}"


def position_at(moment: datetime) -> int:
    """A moment as a position: microseconds, as far as databases keep them."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def part_of(default: int = LIMIT, maximum: int = LIMIT_MAXIMUM, furthest: int = POSITION_MAXIMUM) -> Any:
    """The parameters of a list, for FastAPI. `furthest`: the largest position that a cursor may tell."""

    def read_part(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=maximum, description="How many rows a part has.")] = default,
        cursor: Annotated[
            str | None, Query(max_length=CURSOR_MAXIMUM, description="From `next` of the part before.")
        ] = None,
    ) -> Part:
        return Part(request, limit, None if not cursor else _read(request, cursor, furthest))

    return Depends(read_part)


AskedPart = Annotated[Part, part_of()]
AskedMoments = Annotated[Part, part_of(furthest=MOMENT_MAXIMUM)]


def _list_name(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "operation_id", ""))


def _written(request: Request, position: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([_list_name(request), position]).encode()).decode().rstrip("=")


def _read(request: Request, cursor: str, furthest: int) -> int:
    try:
        name, position = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        if name != _list_name(request) or type(position) is not int or not 0 <= position <= furthest:
            raise ValueError(cursor)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidFields({"cursor": Sentence(WRONG_CURSOR, {"value": cursor[:SHOWN_MAXIMUM]})}) from error
    return int(position)
