"""The leaderboard: which entries stand on it, and in which places. Computed once for each state of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from threading import Lock

from sqlmodel import Session

from app.core.board_version import BoardVersion, board_version
from app.core.entries import Entry, best_of_each
from app.core.ranking import Place, in_order, rank
from app.core.records import Record, find_record
from app.core.shared_errors import SharedErrors
from app.core.standing_results import StandingResults
from app.core.tracks import ALL, TRACKS

__all__ = ["Board", "Entry", "Placed", "find_board"]


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry in its place."""

    entry: Entry
    place: Place


@dataclass
class Board:
    """All entries of a data set, best first, baselines among them. One object for all readers: not to be changed.

    `hits`: of each entry's run one bit per test image, set where it is right; packed as by `numpy.packbits`.
    """

    version: BoardVersion
    entries: Sequence[Entry]
    hits: Mapping[str, bytes] = field(repr=False)
    _errors: SharedErrors = field(repr=False)
    _lock: Lock = field(repr=False)
    _rankings: dict[tuple[str, bool], Sequence[Placed]] = field(default_factory=dict, repr=False)
    _counts: dict[tuple[str, bool], int] = field(default_factory=dict, repr=False)

    def chosen(self, track: str = ALL, best: bool = True) -> list[Entry]:
        """The entries of a track, best first. `best`: only the best one of each student."""
        held = [entry for entry in self.entries if TRACKS[track].holds(entry)]
        return best_of_each(held) if best else held

    def count(self, track: str = ALL, best: bool = True) -> int:
        """How many entries these are."""
        key = (track, best)
        if key not in self._counts:
            self._counts[key] = len(self.chosen(track, best))
        return self._counts[key]

    def ranking(self, track: str = ALL, best: bool = True) -> Sequence[Placed]:
        """The same in their places. Computed when it is first asked for, by one thread while others wait."""
        with self._lock:
            if (track, best) not in self._rankings:
                self._rankings[track, best] = self._rank(self.chosen(track, best))
            return self._rankings[track, best]

    def competitors(self, track: str = ALL, best: bool = True) -> int:
        """How many of them have a rank: baselines have none."""
        return sum(each.place.rank is not None for each in self.ranking(track, best))

    def _rank(self, entries: Sequence[Entry]) -> Sequence[Placed]:
        places = rank(entries, self.hits, self._errors)
        return tuple(Placed(entry, place) for entry, place in zip(entries, places, strict=True))

    @cached_property
    def record(self) -> Record | None:
        """The entry that holds the record, and those that tie it; None while nobody has a result."""
        return find_record(self.entries, self.hits)

    @cached_property
    def firsts(self) -> Mapping[str, Sequence[str]]:
        """Which tracks a submission leads; baselines and late results lead none."""
        found: dict[str, list[str]] = {}
        for key in TRACKS:
            leader = next((entry for entry in self.chosen(key) if entry.is_ranked), None)
            if leader is not None:
                found.setdefault(leader.submission_id, []).append(key)
        return found

    def placed(self, submission_id: str) -> Placed | None:
        """Where a submission stands on the board as people first see it; None where its author has a better one."""
        return self._by_submission.get(submission_id)

    def best_of(self, user_id: int) -> Placed | None:
        """Where a student's best submission stands there; None without one, and for the course with its baselines."""
        return self._by_student.get(user_id)

    def entry(self, submission_id: str) -> Entry | None:
        """A submission's entry, whether it is its author's best one or not."""
        return self._entries.get(submission_id)

    @cached_property
    def _by_submission(self) -> dict[str, Placed]:
        return {each.entry.submission_id: each for each in self.ranking()}

    @cached_property
    def _by_student(self) -> dict[int, Placed]:
        own = [each for each in self.ranking() if not each.entry.is_baseline]
        # The best of those in time; of who has none, the best of those that came too late to rank.
        in_order_of_weight = sorted(own, key=lambda each: each.entry.is_ranked)
        return {each.entry.user_id: each for each in in_order_of_weight}

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        return {entry.submission_id: entry for entry in self.entries}


@dataclass
class _Desk:
    """Where one database's board of one data set is made: what was read for it, and the newest one."""

    read: StandingResults = field(default_factory=StandingResults)
    lock: Lock = field(default_factory=Lock)
    board: Board | None = None


@lru_cache(maxsize=8)
def _desk(_database_url: str, _dataset: str) -> _Desk:
    return _Desk()


def find_board(session: Session, dataset: str) -> Board:
    """The board of a data set as it is now. It is made again only when something on it has changed."""
    version = board_version(session, dataset)
    desk = _desk(str(session.get_bind().engine.url), dataset)
    with desk.lock:
        if desk.board is None or desk.board.version != version:
            desk.board = _make(session, version, desk)
        return desk.board


def _make(session: Session, version: BoardVersion, desk: _Desk) -> Board:
    entries = in_order(desk.read.entries(session, version.dataset))
    hits = {entry.run_id: desk.read.hits[entry.run_id] for entry in entries}
    return Board(version, entries, hits, desk.read.errors, desk.lock)
