"""Moving a queued run: which places in the engine's order must change for it. The engine itself is in jobs.py.

The engine starts what has the lowest priority, of equal ones what was queued first. A moved run takes its place between
two others by these two numbers, and others are left as they are wherever there is room: so whoever submits later still
gets the turn that QUEUE.md's fair share gives them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Move(StrEnum):
    """Where a queued run is to go."""

    FRONT = "front"
    UP = "up"
    DOWN = "down"
    END = "end"


# What a student's only run has: later ones of it queue behind those that wait with it already.
FIRST_PRIORITY = 1


@dataclass(frozen=True, order=True)
class Turn:
    """When the engine starts a run: a lower priority first, then the one that was queued earlier."""

    priority: int
    queued_ms: int
    run_id: str

    def is_before(self, other: "Turn") -> bool:
        """Whether the engine is certain to start this one first: it does not look at ids."""
        return (self.priority, self.queued_ms) < (other.priority, other.queued_ms)


def moved(queue: Sequence[Turn], run_id: str, move: Move) -> list[Turn]:
    """The turns that change when a run of this queue, which is in order, moves; none if it is there already."""
    at = next(i for i, turn in enumerate(queue) if turn.run_id == run_id)
    last = len(queue) - 1
    to = {Move.FRONT: 0, Move.UP: max(0, at - 1), Move.DOWN: min(last, at + 1), Move.END: last}[move]
    if to == at:
        # At the front of a queue of later turns it still gives way to whoever comes; the front is before those, too.
        return _first(queue[0]) if move is Move.FRONT else []
    others = [turn for turn in queue if turn.run_id != run_id]
    turn = _front(others[0], queue[at]) if to == 0 else _between(others, to, move)
    return _placed(others, replace(turn, run_id=run_id), to)


def _first(turn: Turn) -> list[Turn]:
    return [] if turn.priority <= FIRST_PRIORITY else [replace(turn, priority=FIRST_PRIORITY)]


def _front(following: Turn, own: Turn) -> Turn:
    if following.priority > FIRST_PRIORITY:
        return replace(own, priority=FIRST_PRIORITY)
    return replace(following, queued_ms=following.queued_ms - 1)


def _between(others: Sequence[Turn], to: int, move: Move) -> Turn:
    """The turn for that place: just before the one that it overtakes, or just behind the one that it lets go first."""
    before = others[to - 1]
    if move is Move.UP:
        turn = replace(others[to], queued_ms=others[to].queued_ms - 1)
        if before.is_before(turn):
            return turn
    return replace(before, queued_ms=before.queued_ms + 1)


def _placed(others: Sequence[Turn], turn: Turn, to: int) -> list[Turn]:
    """The moved turn, and those behind it that must give way by a millisecond to stay behind it."""
    changed = [turn]
    for following in others[to:]:
        if changed[-1].is_before(following):
            break
        changed.append(replace(changed[-1], queued_ms=changed[-1].queued_ms + 1, run_id=following.run_id))
    return changed
