"""Whether a level of isolation holds on this machine: a canary in a sandbox of its own tries to get out."""

import asyncio
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from worker.sandbox.cell import Cell
from worker.sandbox.inside import CANARY
from worker.sandbox.isolation import Isolation
from worker.sandbox.launch import SandboxFailed, launched
from worker.sandbox.limits import Limits
from worker.sandbox.starters import Starter

TIME_LIMIT_S = 120
CPU_LIMIT_S = 60
DETAIL_CHARACTERS = 400


async def reasons_against(
    isolation: Isolation, starter: Starter, needed: Path, memory_bytes: int, secrets: Sequence[Path] = ()
) -> list[str]:
    """Why uploads must not run at this level here, in technical words; nothing if they may.

    `needed` is a file of the data that every run reads, `secrets` are files that none may.
    """
    with tempfile.TemporaryDirectory(prefix="self-test-") as name:
        folder = Path(name)
        decoy = folder / "decoy"
        decoy.write_text("not for the canary")
        (folder / "cell" / "scratch").mkdir(parents=True)
        cell = Cell(
            isolation,
            Limits(memory_bytes, CPU_LIMIT_S),
            folder=str(folder / "cell"),
            scratch=str(folder / "cell" / "scratch"),
            readable=(str(needed.parent),),
            job={
                "kind": CANARY,
                "threads": 1,
                "decoy": str(decoy),
                "victim": os.getpid(),
                "needed": str(needed),
                "secrets": [str(secret) for secret in secrets],
            },
        )
        try:
            async with asyncio.timeout(TIME_LIMIT_S), launched(cell, starter) as child:
                report, output = await asyncio.gather(child.progress.read(), child.output.read())
        except (SandboxFailed, TimeoutError) as error:
            return [_last_line(str(error)) or "no answer"]
    return _reasons(report, output.decode("utf-8", "replace"))


def _reasons(report: bytes, output: str) -> list[str]:
    if not report:
        return [f"the canary died: {_last_line(output)}"]
    told = json.loads(report)
    return [f"a run could {what}" for what in told["escaped"]] + [f"a run cannot {what}" for what in told["broken"]]


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][-DETAIL_CHARACTERS:] if lines else ""
