"""Which sandbox this worker uses: the best one that holds here, tried out when the worker starts."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from app.core.sentences import N_, Sentence
from worker.sandbox.isolation import SAFE, WITHOUT_SANDBOX, Isolation
from worker.sandbox.self_test import reasons_against
from worker.sandbox.starters import ColdStarter, Starter, WarmStarter

log = structlog.get_logger()


@dataclass(frozen=True)
class Sandbox:
    """A level of isolation and how runs are started in it; why uploaded code is refused, if it is.

    `reasons` has what speaks against each level that was tried and not taken.
    """

    isolation: Isolation
    starter: Starter
    reasons: dict[Isolation, list[str]] = field(default_factory=dict)

    @property
    def refusal(self) -> Sentence | None:
        """Why uploaded code is not run here; None if it is."""
        if self.isolation.may_run_uploads:
            return None
        text = N_(
            "This worker has no safe place in which to run uploaded code: %(reasons)s. The teacher can find out more "
            "with “mnist-benchmark doctor” on that machine."
        )
        return Sentence(
            text, {"reasons": "; ".join(f"{level}: {', '.join(why)}" for level, why in self.reasons.items())}
        )


def choose_sandbox(
    best: Isolation, is_warm: bool, needed: Path, memory_bytes: int, secrets: Sequence[Path] = ()
) -> Sandbox:
    """Try the levels from `best` downwards and take the first that holds.

    `is_warm`: keep torch imported in a zygote. `needed` is a file that runs must be able to read, `secrets` are files
    that they must not.
    """
    starter = make_starter(is_warm)
    reasons: dict[Isolation, list[str]] = {}
    for level in SAFE:
        if SAFE.index(level) < levels_above(best):
            reasons[level] = ["switched off by ISOLATION"]
            continue
        for start in _ways(starter):
            found = asyncio.run(reasons_against(level, start, needed, memory_bytes, secrets))
            reasons.setdefault(level, []).extend(found)
        if not reasons[level]:
            return Sandbox(level, starter, {above: why for above, why in reasons.items() if why})
        log.warning("this level of isolation does not hold here", isolation=level, reasons=reasons[level])
    return Sandbox(WITHOUT_SANDBOX, starter, reasons)


def _ways(starter: Starter) -> list[Starter]:
    """Runs start cold while there is no zygote: that must hold as well."""
    return [starter, starter.cold] if isinstance(starter, WarmStarter) else [starter]


def levels_above(best: Isolation) -> int:
    """How many of the safe levels are better than this one."""
    return SAFE.index(best) if best in SAFE else len(SAFE)


def make_starter(is_warm: bool) -> Starter:
    """A warm starter if it can be had; forking after torch's import is not safe on macOS."""
    if not is_warm or sys.platform == "darwin":
        return ColdStarter()
    starter = WarmStarter()
    try:
        starter.warm_up()
    except OSError as error:
        log.warning("no zygote; runs start cold", error=str(error))
        return ColdStarter()
    return starter
