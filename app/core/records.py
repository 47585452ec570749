"""Who holds the record, and who ties it: a larger number alone breaks no record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.core.entries import Entry
from app.core.significance import SIGNIFICANCE, mcnemar_exact


@dataclass(frozen=True)
class Record:
    """`holder`: submission id of the record; `ties`: those of entries with as few errors or fewer, not beyond chance.

    `steps`: the records one after the other, as entries; the last one stands.
    """

    steps: Sequence[Entry]
    ties: frozenset[str]

    @property
    def holder(self) -> str:
        """The submission that holds the record."""
        return self.steps[-1].submission_id


def find_record(entries: Sequence[Entry], hits: Mapping[str, bytes]) -> Record | None:
    """Walk through the results as they came; baselines and late results neither hold nor tie records.

    A record falls to an entry with fewer errors than any before, whose exact McNemar test against it gives p < 0.05.
    """
    came = sorted((entry for entry in entries if entry.is_ranked), key=lambda entry: (entry.created, entry.number))
    if not came:
        return None
    steps, fewest = came[:1], came[0].wrong
    for entry in came[1:]:
        # One that ties the record with still fewer errors must not be overtaken by one with more.
        if entry.wrong < fewest and _beats(hits[entry.run_id], hits[steps[-1].run_id], entry.total):
            steps.append(entry)
        fewest = min(fewest, entry.wrong)
    standing = steps[-1]
    ties = (entry.submission_id for entry in came if entry is not standing and entry.wrong <= standing.wrong)
    return Record(steps, frozenset(ties))


def _beats(hits: bytes, record_hits: bytes, total: int) -> bool:
    """Whether the first is better than the second beyond chance."""
    ours, theirs = (np.unpackbits(np.frombuffer(packed, np.uint8), count=total) for packed in (hits, record_hits))
    only_ours, only_theirs = int((ours > theirs).sum()), int((theirs > ours).sum())
    return only_ours > only_theirs and float(mcnemar_exact(only_ours, only_theirs)) < SIGNIFICANCE
