"""Which places each entry could hold: exact McNemar tests between all pairs, Holm-adjusted, for thousands of entries.

There are N · (N − 1) / 2 pairs but few different p-values, as a p-value depends on two small counts only. So p-values
are computed once per pair of counts, and Holm's procedure walks over them with their frequencies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import stats

from app.core.significance import SIGNIFICANCE, mcnemar_exact

# Rows of the N × N matrix that are looked at at once: a few MB, so that they stay in the processor's cache.
PAIRS_AT_ONCE = 500_000

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Block:
    """Pairs of some rows with all later columns; `discordant` and `fewer` are of the images only one reads right."""

    rows: slice
    discordant: npt.NDArray[np.int32]
    fewer: npt.NDArray[np.int32]
    is_pair: npt.NDArray[np.bool_]
    row_has_more: npt.NDArray[np.bool_]


def ranges(errors: npt.ArrayLike, shared: npt.NDArray[np.integer], levels: npt.ArrayLike) -> tuple[Ints, Ints]:
    """The best and the worst place (1 is first) that the data allow each entry.

    `errors`: (N,) misread images of each entry, in the order of the board. `shared`: (N, N) images misread by both.
    `levels`: (N,) what the board is ordered by, ascending. An entry counts as significantly better than another if the
    test says so and its level is lower: entries with several seeds are ordered by their mean, tested by one run.
    """
    wrong, order = np.asarray(errors, dtype=np.int32), np.asarray(levels)
    count = len(wrong)
    losses, wins = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    if count > 1:
        largest = _largest_significant(wrong, shared)
        for block in _blocks(wrong, shared):
            clear = block.is_pair & block.row_has_more & (block.fewer <= largest[block.discordant])
            clear &= order[block.rows, None] < order[None, block.rows.start :]
            wins[block.rows] += clear.sum(axis=1)
            losses[block.rows.start :] += clear.sum(axis=0)
    return 1 + losses, count - wins


def _blocks(wrong: npt.NDArray[np.int32], shared: npt.NDArray[np.integer]) -> Iterator[_Block]:
    count = len(wrong)
    start = 0
    while start < count - 1:
        stop = min(count - 1, start + max(1, PAIRS_AT_ONCE // (count - start)))
        both = shared[start:stop, start:].astype(np.int32)
        only_row, only_column = wrong[None, start:] - both, wrong[start:stop, None] - both
        is_pair = np.arange(start, count)[None, :] > np.arange(start, stop)[:, None]
        fewer = np.minimum(only_row, only_column)
        yield _Block(slice(start, stop), only_row + only_column, fewer, is_pair, only_row > only_column)
        start = stop


def _largest_significant(wrong: npt.NDArray[np.int32], shared: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    """Per number of discordant images the largest smaller share that Holm's procedure still calls significant.

    −1 where none is. Holm (1979) goes from the smallest p-value up and stops at the first that is too large. So
    p-values under `SIGNIFICANCE` / pairs need not be told apart, and those above it need not be looked at.
    """
    pairs = len(wrong) * (len(wrong) - 1) // 2
    most = int(2 * wrong.max())
    # Half of and twice the bounds: what lies between is computed exactly, whatever the quantile's last digit is.
    sure, possible = _critical(SIGNIFICANCE / pairs / 2, most), _critical(SIGNIFICANCE * 2, most)
    offsets = np.concatenate([[0], np.cumsum(possible - sure)])
    counts = np.zeros(int(offsets[-1]), dtype=np.int64)
    surely = 0
    for block in _blocks(wrong, shared):
        low = sure[block.discordant]
        surely += int((block.is_pair & (block.fewer <= low)).sum())
        between = block.is_pair & (block.fewer > low) & (block.fewer <= possible[block.discordant])
        discordant, fewer = block.discordant[between], block.fewer[between]
        counts += np.bincount(offsets[discordant] + fewer - sure[discordant] - 1, minlength=len(counts))
    return _walk(counts, surely, pairs, sure, offsets)


def _walk(
    counts: Ints, surely: int, pairs: int, sure: npt.NDArray[np.int32], offsets: npt.NDArray[np.int64]
) -> npt.NDArray[np.int32]:
    """Holm's steps over the p-values that occur, each as often as it does."""
    codes = np.flatnonzero(counts)
    discordant = np.searchsorted(offsets, codes, side="right") - 1
    fewer = codes - offsets[discordant] + sure[discordant] + 1
    p_values = mcnemar_exact(fewer, discordant - fewer)
    order = np.argsort(p_values, kind="stable")
    before = surely + np.concatenate([[0], np.cumsum(counts[codes[order]])[:-1]])
    rejected = np.logical_and.accumulate(p_values[order] * (pairs - before) < SIGNIFICANCE)
    kept = order[rejected]
    largest = sure.copy()
    np.maximum.at(largest, discordant[kept], fewer[kept].astype(np.int32))
    return largest


@lru_cache(maxsize=64)
def _critical(p_value: float, most: int) -> npt.NDArray[np.int32]:
    """Per number of discordant images 0 … most the largest smaller share whose two-sided p-value is below that."""
    found = stats.binom.ppf(p_value / 2, np.arange(most + 1), 0.5) - 1
    return np.maximum(found, -1).astype(np.int32)
