"""What somebody wants to see of the board: read from an address, applied to places, written into addresses again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Self
from urllib.parse import urlencode

from app.core.board import Entry, Placed
from app.core.pseudonyms import Pseudonym
from app.core.recipes import Recipe, choices_of
from app.core.sentences import N_, Sentence
from app.core.tracks import ALL, TRACKS
from app.web.board.columns import COLUMNS, HIDDEN, RANK, is_trained_here
from app.web.languages import LANGUAGES
from app.web.translations import translate

OPTIMIZERS = {name.casefold(): name for name in choices_of(Recipe.model_fields["optimizer"])}
ON, OFF = ("1", "true", "on", "yes"), ("0", "false", "off", "no")
# Long enough for every title; a search is for words, not for essays.
SEARCH_MAXIMUM = 200
SHOWN_MAXIMUM = 40


@dataclass(frozen=True)
class Query:
    """Filters and order. `track` and `best` choose who competes; the other filters only hide rows, no rank changes.

    `optimizer`, `student` (handle) and `since` (measured on that day or later, UTC) are empty where nothing is hidden.
    `sort`: key of a column; `is_descending` where it runs from high to low. `columns`: hidden ones that are shown.
    """

    track: str = ALL
    best: bool = True
    search: str = ""
    optimizer: str = ""
    student: str = ""
    since: date | None = None
    sort: str = RANK
    is_descending: bool = False
    columns: tuple[str, ...] = ()

    @property
    def is_filtered(self) -> bool:
        """Whether some rows of the track may be hidden."""
        return bool(self.search or self.optimizer or self.student or self.since)

    def unfiltered(self) -> Self:
        """The same track and order with all its rows."""
        return replace(self, search="", optimizer="", student="", since=None)

    def matches(self, placed: Placed) -> bool:
        """Whether a row is shown."""
        entry = placed.entry
        return (
            all(_is_found(word, entry) for word in self.search.casefold().split())
            and self.optimizer in ("", entry.recipe.get("optimizer") if is_trained_here(entry) else "")
            and self.student in ("", entry.handle)
            and (self.since is None or entry.created >= datetime.combine(self.since, datetime.min.time(), UTC))
        )

    def select(self, ranking: Iterable[Placed]) -> list[Placed]:
        """The rows to show, sorted; rows with equal values stay in the order of the board, those without come last."""
        rows = [placed for placed in ranking if self.matches(placed)]
        if self.sort == RANK and not self.is_descending:
            return rows
        value = COLUMNS[self.sort].value
        known = [placed for placed in rows if value(placed) is not None]
        return sorted(known, key=value, reverse=self.is_descending) + [row for row in rows if value(row) is None]

    def parameters(self) -> list[tuple[str, str]]:
        """What an address must say to mean the same; what is so anyway is left out."""
        sort = f"-{self.sort}" if self.is_descending else self.sort
        said = {
            "track": self.track if self.track != ALL else "",
            "best": "" if self.best else "0",
            "q": self.search,
            "opt": self.optimizer,
            "by": self.student,
            "since": self.since.isoformat() if self.since else "",
            "sort": sort if sort != RANK else "",
            "cols": ",".join(self.columns),
        }
        return [(name, value) for name, value in said.items() if value]

    def url(self, path: str = "/", **more: str) -> str:
        """An address with the same meaning."""
        parameters = [*self.parameters(), *more.items()]
        return f"{path}?{urlencode(parameters, safe=',')}" if parameters else path


def _is_found(word: str, entry: Entry) -> bool:
    """Whether an entry, or its author as the reader may see them, has that word; pseudonyms in all languages."""
    if word in entry.search_text or word in entry.handle or word in entry.name.casefold():
        return True
    name = entry.name
    return isinstance(name, Pseudonym) and any(word in translate(name, each).casefold() for each in LANGUAGES)


@dataclass
class Asked:
    """A query as it was read, and a sentence for each value that means nothing; those are left at their default."""

    query: Query = field(default_factory=Query)
    refused: dict[str, Sentence] = field(default_factory=dict)


def read_query(given: Mapping[str, Sequence[str]]) -> Asked:
    """Read an address's parameters, each with all values it was given. Empty ones are as good as none."""
    reader = _Reader({name: [value.strip() for value in values if value.strip()] for name, values in given.items()})
    sort = reader.one("sort")
    query = Query(
        track=reader.choice("track", TRACKS, ALL),
        best=reader.switch("best"),
        search=reader.search(),
        optimizer=reader.optimizer(),
        student=reader.handle(),
        since=reader.day(),
        sort=reader.choice("sort", COLUMNS, RANK, _without_sign),
        is_descending=sort.startswith("-") and _without_sign(sort) in COLUMNS,
        columns=reader.columns(),
    )
    return Asked(query, reader.refused)


def _without_sign(sort: str) -> str:
    return sort.removeprefix("-")


def _shown(value: str) -> str:
    return value if len(value) <= SHOWN_MAXIMUM else value[: SHOWN_MAXIMUM - 1] + "…"


@dataclass
class _Reader:
    given: Mapping[str, Sequence[str]]
    refused: dict[str, Sentence] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The last value, as the last of two equal fields of a form counts."""
        values = self.given.get(name) or [""]
        return values[-1]

    def choice(self, name: str, choices: Iterable[str], default: str, clean: Any = str) -> str:
        value = self.one(name)
        if not value:
            return default
        if clean(value) in choices:
            return str(clean(value))
        self._refuse(name, value, choices)
        return default

    def _refuse(self, name: str, value: str, choices: Iterable[str]) -> None:
        text = N_("%(name)s cannot be “%(value)s”. Choose one of: %(choices)s.")
        self.refused[name] = Sentence(text, {"name": name, "value": _shown(value), "choices": ", ".join(choices)})

    def optimizer(self) -> str:
        value = self.one("opt")
        if value and value.casefold() not in OPTIMIZERS:
            self._refuse("opt", value, OPTIMIZERS.values())
        return OPTIMIZERS.get(value.casefold(), "")

    def switch(self, name: str) -> bool:
        value = self.one(name).lower()
        if value and value not in ON + OFF:
            self._refuse(name, value, ("0", "1"))
        return value not in OFF

    def search(self) -> str:
        value = self.one("q")
        if len(value) > SEARCH_MAXIMUM:
            text = N_("Please search for at most %(maximum)s characters; %(count)s were given.")
            self.refused["q"] = Sentence(text, {"maximum": SEARCH_MAXIMUM, "count": len(value)})
            return ""
        return value

    def handle(self) -> str:
        value = self.one("by")
        if len(value) > SHOWN_MAXIMUM:
            text = N_("“%(value)s” is no user name of ours; those are shorter.")
            self.refused["by"] = Sentence(text, {"value": _shown(value)})
            return ""
        return value.removeprefix("@").lower()

    def day(self) -> date | None:
        value = self.one("since")
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            text = N_("“%(value)s” is no date. Write it as 2026-11-23.")
            self.refused["since"] = Sentence(text, {"value": _shown(value)})
            return None

    def columns(self) -> tuple[str, ...]:
        """Ticked boxes send one value each, our own addresses all in one."""
        asked = [key for value in self.given.get("cols", ()) for key in value.split(",") if key]
        hidden = [column.key for column in HIDDEN]
        if unknown := [key for key in asked if key not in hidden]:
            self._refuse("cols", unknown[0], hidden)
        return tuple(key for key in hidden if key in asked)
