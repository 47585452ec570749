"""The lines of the leaderboard's page: an entry in its place, with what is drawn and written beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from markupsafe import Markup
from sqlmodel import Session, col

from app.core.board import Board, Entry, Placed
from app.core.ranking import Place
from app.core.tables import Result
from app.web.board.badges import Badge, badges_of
from app.web.board.columns import HIDDEN, board_recipe
from app.web.board.query import Query
from app.web.charts.intervals import Axis, Interval, axis_for, interval_line
from app.web.charts.loss import spark
from app.web.formats import exact
from app.web.sessions import Reader

# A small curve takes a quarter of a millisecond; results never change.
SPARKS_KEPT = 10_000
_drawn: dict[str, Markup] = {}


@dataclass(frozen=True)
class Line:
    """A row of the table. `extra`: the texts of the hidden columns that are shown."""

    entry: Entry
    place: Place
    interval: Markup
    spark: Markup
    recipe: tuple[str, str]
    badges: Sequence[Badge]
    extra: Sequence[str]
    is_mine: bool
    is_tied: bool

    @property
    def wrong(self) -> str:
        """Misread test images; a mean over seeds has one decimal."""
        wrong = self.entry.wrong
        return exact(int(wrong)) if wrong.is_integer() else f"{wrong:,.1f}"

    @property
    def css_class(self) -> str:
        """How the row looks."""
        return "me" if self.is_mine else "base" if self.entry.is_baseline else ""


@dataclass(frozen=True)
class Lines:
    """The rows of one page on one axis."""

    lines: Sequence[Line]
    axis: Axis


def make_lines(session: Session, board: Board, query: Query, shown: Sequence[Placed], reader: Reader | None) -> Lines:
    """Lines for the rows of a page."""
    axis = axis_for([_interval(row) for row in shown])
    leader = next((row for row in board.ranking(query.track, query.best) if row.place.rank == 1), None)
    sparks = _sparks(session, [row.entry.run_id for row in shown])
    drawn = _Drawing(board, query, axis, leader, reader)
    return Lines([drawn.line(row, sparks[row.entry.run_id]) for row in shown], axis)


@dataclass(frozen=True)
class _Drawing:
    board: Board
    query: Query
    axis: Axis
    leader: Placed | None
    reader: Reader | None

    def line(self, row: Placed, small_curve: Markup) -> Line:
        entry = row.entry
        is_mine = self.reader is not None and entry.user_id == self.reader.id
        first = self.leader.entry.accuracy if self.leader else None
        return Line(
            entry=entry,
            place=row.place,
            interval=interval_line(self.axis, _interval(row), "me" if is_mine else "", first),
            spark=small_curve,
            recipe=board_recipe(entry),
            badges=badges_of(self.board, entry, is_mine),
            extra=[column.text(entry) for column in HIDDEN if column.key in self.query.columns and column.text],
            is_mine=is_mine,
            # Nobody is significantly better than these: they cannot be told apart from first place.
            is_tied=row.place.best == 1 and self.leader is not None and (self.leader.place.worst or 1) > 1,
        )


def _interval(row: Placed) -> Interval:
    entry, place = row.entry, row.place
    seeds = [1 - wrong / entry.total for wrong in entry.seeds] if len(entry.seeds) > 1 else ()
    return Interval(place.low, entry.accuracy, place.high, seeds)


def _sparks(session: Session, run_ids: Sequence[str]) -> dict[str, Markup]:
    """The small loss curves of runs; those drawn before are not read again."""
    missing = [run_id for run_id in run_ids if run_id not in _drawn]
    if len(_drawn) > SPARKS_KEPT:
        _drawn.clear()
    if missing:
        statement = sa.select(col(Result.run_id), col(Result.losses)).where(col(Result.run_id).in_(missing))
        for run_id, losses in session.connection().execute(statement):
            _drawn[run_id] = spark(np.frombuffer(losses, "<f4").tolist())
    return {run_id: _drawn.get(run_id, Markup("")) for run_id in run_ids}
