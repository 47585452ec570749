"""The tracks: named parts of the board, each with ranks of its own (DESIGN.md 2)."""

from collections.abc import Callable
from dataclasses import dataclass

from app.core.entries import Entry
from app.core.sentences import N_

ALL = "all"
THREE_EPOCHS = 3
SMALL, MEDIUM = 10_000, 100_000


@dataclass(frozen=True)
class Track:
    """One part of the board. `best`: the badge of its first entry, or nothing."""

    key: str
    title: str
    meaning: str
    holds: Callable[[Entry], bool]
    best: str = ""


def _few_epochs(entry: Entry) -> bool:
    """Only where the epochs were counted here: those of tested weights are what their author says."""
    return entry.epochs is not None and entry.epochs <= THREE_EPOCHS


TRACKS = {
    track.key: track
    for track in (
        Track(ALL, N_("All"), N_("Every measured model."), lambda entry: True),
        Track(
            "3ep",
            N_("3 epochs"),
            N_("Trained here for at most three epochs, as the homework asks."),
            _few_epochs,
            N_("Best in 3 epochs"),
        ),
        Track(
            "10k",
            N_("≤ 10k parameters"),
            N_("At most 10,000 numbers in weights and tables."),
            lambda entry: entry.parameters <= SMALL,
            N_("Best ≤ 10k"),
        ),
        Track(
            "100k",
            N_("≤ 100k parameters"),
            N_("At most 100,000 numbers in weights and tables."),
            lambda entry: entry.parameters <= MEDIUM,
            N_("Best ≤ 100k"),
        ),
        Track(
            "mlp",
            N_("No convolution"),
            N_("The network was seen to compute no convolution."),
            lambda entry: entry.has_convolution is False,
            N_("Best without convolution"),
        ),
        Track(
            "retrained",
            N_("Retrained"),
            N_("Trained here from code, recipe and seed; no weights that somebody brought."),
            lambda entry: entry.tier == "retrained",
        ),
    )
}
