"""Cursors: where a part of the board ends, told by values and not by counting, so that new results shift nothing."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from app.core.board import Placed
from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence
from app.web.board.columns import COLUMNS, RANK
from app.web.board.query import Query

_position = COLUMNS[RANK].value


def cursor_behind(query: Query, last: Placed) -> str:
    """The cursor of what follows this row."""
    parts = [_order(query), COLUMNS[query.sort].value(last), _position(last)]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def rows_behind(query: Query, rows: Sequence[Placed], cursor: str) -> list[Placed]:
    """The rows that follow. Raises InvalidFields for what is no cursor of this order."""
    try:
        order, value, position = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if order != _order(query):
            raise ValueError(order)
        return [row for row in rows if _is_behind(query, row, value, position)]
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        text = N_("“%(value)s” is no cursor of ours. Take the address in “next”, or start without one.")
        raise InvalidFields({"cursor": Sentence(text, {"value": cursor[:40]})}) from error


def _order(query: Query) -> str:
    return f"-{query.sort}" if query.is_descending else query.sort


def _is_behind(query: Query, row: Placed, value: Any, position: Any) -> bool:
    own = COLUMNS[query.sort].value(row)
    if (own is None) != (value is None):
        return own is None
    if own == value:
        return bool(_position(row) > position)
    return bool(own < value if query.is_descending else own > value)
