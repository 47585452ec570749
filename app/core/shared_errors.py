"""How many test images two runs both misread: all that a paired test needs besides the errors of each."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

# From this many new runs on, one matrix product is faster than counting bits row by row.
MANY = 64
# Images whose bits are unpacked at once: 5,000 runs then take 40 MB for a moment instead of 200.
IMAGES_AT_ONCE = 2048
WORD_BYTES = 8

Counts = npt.NDArray[np.uint16 | np.uint32]


class SharedErrors:
    """Counts for all pairs of runs asked for so far. A new run costs one row of bit counts, not all pairs again.

    Not thread-safe. All runs must be of the same `total` test images.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        words = -(-total // (8 * WORD_BYTES))
        self._rows: dict[str, int] = {}
        self._misread = np.zeros((0, words), np.uint64)
        self._type = np.uint16 if total <= np.iinfo(np.uint16).max else np.uint32
        self._counts: Counts = np.zeros((0, 0), self._type)

    def among(self, hits: Mapping[str, bytes], run_ids: Sequence[str]) -> Counts:
        """(N, N): images that both runs misread; the diagonal has the errors of each.

        `hits`: of each run one bit per test image, packed as by `numpy.packbits`.
        """
        new = [run_id for run_id in run_ids if run_id not in self._rows]
        if new:
            self._add(new, hits)
        rows = np.array([self._rows[run_id] for run_id in run_ids], dtype=np.intp)
        if np.array_equal(rows, np.arange(len(self._rows))):
            return self._counts[: len(rows), : len(rows)]
        return self._counts[np.ix_(rows, rows)]

    def forget_others(self, run_ids: Collection[str]) -> None:
        """Make room once most of what is counted is of other runs than these."""
        kept = [run_id for run_id in self._rows if run_id in run_ids]
        if len(self._rows) > 2 * len(kept) + MANY:
            rows = [self._rows[run_id] for run_id in kept]
            self._misread, self._counts = self._misread[rows], self._counts[np.ix_(rows, rows)]
            self._rows = {run_id: i for i, run_id in enumerate(kept)}

    def _add(self, run_ids: Sequence[str], hits: Mapping[str, bytes]) -> None:
        first, count = len(self._rows), len(self._rows) + len(run_ids)
        self._grow(count)
        self._misread[first:count] = np.stack([self._packed(hits[run_id]) for run_id in run_ids])
        count_rows = self._by_product if len(run_ids) >= MANY else self._by_bits
        added = count_rows(first, count)
        self._counts[first:count, :count] = added
        self._counts[:count, first:count] = added.T
        self._rows |= {run_id: first + i for i, run_id in enumerate(run_ids)}

    def _grow(self, count: int) -> None:
        """Room for so many rows, and some more where that is cheap."""
        capacity = len(self._misread)
        if count <= capacity:
            return
        capacity = max(count + MANY, capacity + capacity // 4)
        misread = np.zeros((capacity, self._misread.shape[1]), np.uint64)
        counts = np.zeros((capacity, capacity), self._type)
        kept = len(self._rows)
        misread[:kept], counts[:kept, :kept] = self._misread[:kept], self._counts[:kept, :kept]
        self._misread, self._counts = misread, counts

    def _packed(self, hits: bytes) -> npt.NDArray[np.uint64]:
        """Bits set where the run is wrong, without those behind the last image."""
        right = np.unpackbits(np.frombuffer(hits, np.uint8), count=self.total)
        packed = np.packbits(right == 0)
        return np.pad(packed, (0, -len(packed) % WORD_BYTES)).view(np.uint64)

    def _by_bits(self, first: int, count: int) -> Counts:
        all_rows = self._misread[:count]
        return np.stack([np.bitwise_count(all_rows & row).sum(axis=1, dtype=self._type) for row in all_rows[first:]])

    def _by_product(self, first: int, count: int) -> Counts:
        """The same as a product of zeros and ones; float32 counts exactly to 16 million and multiplies fast."""
        found = np.zeros((count - first, count), np.float32)
        as_bytes = self._misread[:count].view(np.uint8)
        for start in range(0, as_bytes.shape[1], IMAGES_AT_ONCE // 8):
            bits = np.unpackbits(as_bytes[:, start : start + IMAGES_AT_ONCE // 8], axis=1)
            # Images that all read right count for nobody, and there are many.
            misread = bits[:, bits.any(axis=0)].astype(np.float32)
            found += misread[first:] @ misread.T
        return found.astype(self._type)
