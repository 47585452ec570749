"""The few words beside a title that say what is special about an entry."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.core.board import Board, Entry
from app.core.robustness import FALL_SHARE
from app.core.sentences import N_
from app.core.tracks import TRACKS

# More would crowd the title out (ui/SPEC.md 3.4).
SHOWN = 2
EVALUATED = "evaluated"


@dataclass(frozen=True)
class Badge:
    """`css_class`: its colour; empty is grey."""

    words: str
    css_class: str = ""


YOU, BASELINE, AUTHORS_WEIGHTS = Badge(N_("You"), "hl"), Badge(N_("Baseline")), Badge(N_("Author's weights"))
LATE = Badge(N_("Outside class time"))
RECORD, TIE = Badge(N_("Record"), "seal"), Badge(N_("Ties the record"), "seal")
FALLS = Badge(N_("Falls when changed"), "warn")


def badges_of(board: Board, entry: Entry, is_mine: bool = False) -> list[Badge]:
    """The most telling ones, at most two besides the reader's own."""
    own = [YOU] if is_mine else []
    return (own + list(_found(board, entry)))[:SHOWN]


def _found(board: Board, entry: Entry) -> Iterator[Badge]:
    if entry.is_baseline:
        yield BASELINE
    elif entry.is_late:
        yield LATE
    elif board.record and entry.submission_id == board.record.holder:
        yield RECORD
    elif board.record and entry.submission_id in board.record.ties:
        yield TIE
    # It ranks by its score all the same; but nobody should have to open its page to learn what that is worth.
    if entry.robust_accuracy is not None and entry.robust_accuracy < FALL_SHARE * entry.accuracy:
        yield FALLS
    if entry.tier == EVALUATED:
        yield AUTHORS_WEIGHTS
    # Who leads the smaller track leads the larger one too, or somebody else does: one word says enough.
    led = (TRACKS[key].best for key in board.firsts.get(entry.submission_id, ()))
    if best := next(filter(None, led), ""):
        yield Badge(best, "hl" if best == TRACKS["3ep"].best else "ok")
