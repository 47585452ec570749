"""How every network on the board reads every test image: the best entry of each student, and the baselines."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from threading import Lock

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.board import Board, Entry, find_board
from app.core.tables import Result

# Rows are read in parts, so that 5,000 of them are not held twice at once.
ROWS_AT_ONCE = 500


@dataclass(frozen=True, eq=False)
class Readings:
    """All answers. `predictions`: (entries, M) uint8. `hits`: (entries, M / 8), bits as of `numpy.packbits`."""

    entries: Sequence[Entry]
    predictions: npt.NDArray[np.uint8]
    hits: npt.NDArray[np.uint8]
    total: int

    @cached_property
    def right(self) -> npt.NDArray[np.int64]:
        """(M,): how many entries read each image right."""
        counts = np.zeros(self.total, dtype=np.int64)
        for start in range(0, len(self.entries), ROWS_AT_ONCE):
            counts += _unpacked(self.hits[start : start + ROWS_AT_ONCE], self.total).sum(axis=0, dtype=np.int64)
        return counts

    def are_right(self, indexes: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """(entries, images): who reads each of those images right."""
        at = np.asarray(indexes, dtype=np.int64)
        bits: npt.NDArray[np.bool_] = (self.hits[:, at >> 3] >> (7 - (at & 7)).astype(np.uint8) & 1).astype(np.bool_)
        return bits

    def answers(self, index: int) -> npt.NDArray[np.int64]:
        """(10,): how many entries read that image as each digit."""
        return np.bincount(self.predictions[:, index], minlength=10)

    def commonest_mistake(self, index: int) -> int | None:
        """The digit that most of those take the image for who are wrong; None where all are right."""
        wrong = ~self.are_right([index])[:, 0]
        if not wrong.any():
            return None
        return int(np.bincount(self.predictions[wrong, index], minlength=10).argmax())

    def classmates(self, user_id: int) -> npt.NDArray[np.bool_]:
        """(entries,): which entries are of other students; baselines are nobody's."""
        return np.array([not each.is_baseline and each.user_id != user_id for each in self.entries], dtype=np.bool_)

    def misread_by_classmates(self, user_id: int, indexes: Collection[int]) -> list[int]:
        """How many other students' best networks misread each of those images too."""
        others = self.classmates(user_id)
        return [int(count) for count in (~self.are_right(list(indexes))[others]).sum(axis=0)]


def _unpacked(hits: npt.NDArray[np.uint8], total: int) -> npt.NDArray[np.uint8]:
    return np.unpackbits(hits, axis=1, count=total)


@dataclass
class _Shelf:
    """The newest readings of one database's data set; a new result costs the reading of its own row only."""

    lock: Lock = field(default_factory=Lock)
    board: Board | None = None
    readings: Readings | None = None


@lru_cache(maxsize=8)
def _shelf(_database_url: str, _dataset: str) -> _Shelf:
    return _Shelf()


def find_readings(session: Session, dataset: str) -> Readings | None:
    """All answers, read anew only where the board has changed; None while the board is empty."""
    board = find_board(session, dataset)
    shelf = _shelf(str(session.get_bind().engine.url), dataset)
    with shelf.lock:
        if shelf.board is not board:
            shelf.readings = _read(session, board, shelf.readings)
            shelf.board = board
        return shelf.readings


def _read(session: Session, board: Board, before: Readings | None) -> Readings | None:
    chosen = board.chosen(best=True)
    if not chosen:
        return None
    # Results of different test sets, which only tests make, cannot be compared.
    entries = [entry for entry in chosen if entry.total == chosen[0].total]
    hits = np.frombuffer(b"".join(board.hits[entry.run_id] for entry in entries), np.uint8)
    predictions = _predictions(session, entries, before)
    return Readings(entries, predictions, hits.reshape(len(entries), -1), entries[0].total)


def _predictions(session: Session, entries: Sequence[Entry], before: Readings | None) -> npt.NDArray[np.uint8]:
    """(entries, M), what was read before not read again."""
    found = np.empty((len(entries), entries[0].total), np.uint8)
    rows = {entry.run_id: row for row, entry in enumerate(entries)}
    if before is not None and before.total == entries[0].total:
        for old, entry in enumerate(before.entries):
            if (row := rows.pop(entry.run_id, None)) is not None:
                found[row] = before.predictions[old]
    missing = list(rows)
    for start in range(0, len(missing), ROWS_AT_ONCE):
        wanted = col(Result.run_id).in_(missing[start : start + ROWS_AT_ONCE])
        for run_id, predictions in session.exec(select(Result.run_id, Result.predictions).where(wanted)):
            found[rows[run_id]] = np.frombuffer(predictions, np.uint8)
    return found


def confidences_of(session: Session, run_ids: Sequence[str], index: int) -> dict[str, float]:
    """How sure each of those runs is of its answer for one image, 0..1, by run; two bytes are read of each row."""
    piece = sa.func.substr(col(Result.confidences), 2 * index + 1, 2)
    found: dict[str, float] = {}
    for start in range(0, len(run_ids), ROWS_AT_ONCE):
        wanted = col(Result.run_id).in_(run_ids[start : start + ROWS_AT_ONCE])
        for run_id, two_bytes in session.exec(sa.select(col(Result.run_id), piece).where(wanted)):  # type: ignore[call-overload]
            found[run_id] = float(np.frombuffer(bytes(two_bytes), "<f2")[0])
    return found
