"""The filters of the board as parameters of the API and of the exports."""

from fastapi import Request
from pydantic import BaseModel, Field

from app.core.errors import InvalidFields
from app.core.tracks import TRACKS
from app.web.board.columns import COLUMNS
from app.web.board.query import OPTIMIZERS, SEARCH_MAXIMUM, Query, read_query

ROWS_MAXIMUM = 200


class BoardParameters(BaseModel):
    """Filters and order, as in the page's address. Values that mean nothing are refused, one sentence for each."""

    track: str = Field("all", description=f"Who competes: {', '.join(TRACKS)}.", examples=["3ep"])
    best: str = Field("1", description="1: the best result of each student; 0: all results.", examples=["0"])
    q: str = Field(
        "",
        description="Words that title, student, optimizer, model or notes contain, all of them. Hides rows; ranks stay "
        f"those of the track. At most {SEARCH_MAXIMUM} characters.",
    )
    opt: str = Field("", description=f"Only this optimizer: {', '.join(OPTIMIZERS.values())}.", examples=["Adam"])
    by: str = Field("", description="Only of the student with this handle.", examples=["zhou-yi"])
    since: str = Field("", description="Only what was measured on this day or later (UTC).", examples=["2026-11-23"])
    sort: str = Field("rank", description=f"By {', '.join(COLUMNS)}; with - from high to low.", examples=["-acc"])
    limit: int = Field(50, description="Rows in one part.", ge=1, le=ROWS_MAXIMUM)
    cursor: str | None = Field(None, description="From `next` of the part before.", max_length=800)


def asked_query(request: Request) -> Query:
    """The filters of a request. Raises InvalidFields for values that mean nothing."""
    parameters = request.query_params
    asked = read_query({name: parameters.getlist(name) for name in parameters})
    if asked.refused:
        raise InvalidFields(asked.refused)
    return asked.query
