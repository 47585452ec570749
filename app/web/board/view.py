"""What the leaderboard's page shows: one page of the rows that somebody asked for, and the links to all others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqlmodel import Session

from app.core.board import Board, Placed
from app.core.sentences import N_, Sentence
from app.core.tracks import TRACKS, Track
from app.web.board.columns import COLUMNS, HIDDEN, Column
from app.web.board.lines import Lines, make_lines
from app.web.board.query import OPTIMIZERS, Asked, Query
from app.web.sessions import Reader

ROWS = 50
ARROWS = {"ascending": "↑", "descending": "↓"}


@dataclass(frozen=True)
class Chip:
    """A track as a link, with its number of entries."""

    track: Track
    url: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Heading:
    """A column's head. `direction`: empty unless the table is sorted by it."""

    column: Column
    url: str
    direction: str

    @property
    def arrow(self) -> str:
        """The same as a sign."""
        return ARROWS.get(self.direction, "")


@dataclass
class BoardView:
    """One reader's view of the board. `asked_page` is as it was given; 1 where there was nothing."""

    session: Session
    board: Board
    asked: Asked
    asked_page: str
    reader: Reader | None

    @property
    def query(self) -> Query:
        """What is to be seen."""
        return self.asked.query

    @cached_property
    def rows(self) -> Sequence[Placed]:
        """All rows that match, sorted."""
        return self.query.select(self.board.ranking(self.query.track, self.query.best))

    @property
    def total(self) -> int:
        """Entries of the track, shown or hidden."""
        return self.board.count(self.query.track, self.query.best)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-len(self.rows) // ROWS))

    @cached_property
    def page(self) -> int:
        """The page shown: the one asked for, or the nearest there is."""
        asked = self.asked_page
        is_number = asked.isascii() and asked.isdigit() and len(asked) < 10
        return min(max(1, int(asked)), self.pages) if is_number else 1

    @property
    def notes(self) -> list[Sentence]:
        """A sentence for each value that could not be used."""
        notes = list(self.asked.refused.values())
        if self.asked_page != str(self.page):
            text = N_("There is no page “%(value)s”; the last one is %(last)s.")
            notes.append(Sentence(text, {"value": self.asked_page[:10], "last": self.pages}))
        return notes

    @cached_property
    def table(self) -> Lines:
        """The lines of this page."""
        return make_lines(self.session, self.board, self.query, self.rows[self.first - 1 : self.last], self.reader)

    @property
    def first(self) -> int:
        """Number of the first row shown, from 1."""
        return (self.page - 1) * ROWS + 1

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return min(self.page * ROWS, len(self.rows))

    def page_url(self, step: int) -> str:
        """The next page (1) or the one before (-1); empty where there is none."""
        number = self.page + step
        if not 1 <= number <= self.pages:
            return ""
        return self.query.url(page=str(number)) if number > 1 else self.query.url()

    @property
    def chips(self) -> list[Chip]:
        """The tracks, with their counts."""
        return [
            Chip(
                track,
                replace(self.query, track=key).url(),
                self.board.count(key, self.query.best),
                key == self.track.key,
            )
            for key, track in TRACKS.items()
        ]

    @property
    def track(self) -> Track:
        """The chosen one."""
        return TRACKS[self.query.track]

    def heading(self, key: str) -> Heading:
        """A column's head: its first click sorts as one reads it, the next one the other way round."""
        column, query = COLUMNS[key], self.query
        is_sorted = query.sort == key
        is_descending = not query.is_descending if is_sorted else column.is_high_first
        direction = ("descending" if query.is_descending else "ascending") if is_sorted else ""
        return Heading(column, replace(query, sort=key, is_descending=is_descending).url(), direction)

    @property
    def extra(self) -> list[Heading]:
        """Heads of the hidden columns that are shown."""
        return [self.heading(key) for key in self.query.columns]

    @property
    def hidden(self) -> Sequence[Column]:
        """Columns that can be shown."""
        return HIDDEN

    @property
    def orders(self) -> list[tuple[str, Column, bool]]:
        """What one can sort by in a list: each column as one reads it, and the present order."""
        found = [(f"-{key}" if column.is_high_first else key, column) for key, column in COLUMNS.items()]
        now = f"-{self.query.sort}" if self.query.is_descending else self.query.sort
        if now not in dict(found):
            found.append((now, COLUMNS[self.query.sort]))
        return [(key, column, key == now) for key, column in found]

    @property
    def optimizers(self) -> Sequence[str]:
        """What one can choose from."""
        return list(OPTIMIZERS.values())

    @property
    def shows_more(self) -> bool:
        """Whether the further filters are in use, so that they stand open."""
        query = self.query
        return bool(query.optimizer or query.student or query.since or query.columns)

    def export(self, kind: str) -> str:
        """The address of these rows as a file."""
        return replace(self.query, columns=()).url(f"/leaderboard.{kind}")

    @property
    def students(self) -> int:
        """People with a result in this track."""
        ranking = self.board.ranking(self.query.track, self.query.best)
        return len({row.entry.user_id for row in ranking if not row.entry.is_baseline})
