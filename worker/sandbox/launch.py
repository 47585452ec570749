"""Starts a child in its sandbox and makes sure that nothing of it stays."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import FileIO
from typing import Any

import structlog

from worker.sandbox.cell import Cell
from worker.sandbox.pipes import Ends
from worker.sandbox.starters import Starter

log = structlog.get_logger()

LINE_LIMIT_BYTES = 64 << 10
# From the order to a locked-in child: 0.1 s on an idle machine.
SETUP_LIMIT_S = 60
# Time for a killed process to be reaped; a kill that takes longer is a kernel in trouble.
REAP_S = 10


class SandboxFailed(Exception):
    """The sandbox could not be set up: our fault, and nothing of the upload was touched."""


@dataclass(frozen=True)
class Exit:
    """How a child ended: its exit code (minus the signal's number), the CPU time it took, and who killed it."""

    code: int
    cpu_s: float
    killed_for: str | None


@dataclass
class Child:
    """A running child: our ends of its pipes, and what its warden says."""

    progress: asyncio.StreamReader
    frames: asyncio.StreamReader
    output: asyncio.StreamReader
    status: asyncio.StreamReader
    warden_pid: int

    async def wait(self) -> Exit | None:
        """How it ended, when it has; None if its warden was killed."""
        line = await self.status.readline()
        if not line:
            return None
        told = json.loads(line)
        return Exit(told["exit"], told["cpu_s"], told["killed_for"])


@contextlib.asynccontextmanager
async def launched(cell: Cell, starter: Starter) -> AsyncIterator[Child]:
    """A child that works on the cell's job, locked in. It is dead when the block ends.

    Raises:
        SandboxFailed: if it could not be locked in.
    """
    async with contextlib.AsyncExitStack() as stack:
        life_end, life = os.pipe()
        ours = stack.enter_context(FileIO(life, "wb"))
        readers = [await _pipe(stack) for _ in range(4)]
        with contextlib.ExitStack() as theirs:
            for end in (life_end, *(end for _, end in readers)):
                theirs.callback(os.close, end)
            await asyncio.to_thread(starter.start, cell, Ends(life_end, *(end for _, end in readers)))
        status, progress, frames, output = (reader for reader, _ in readers)
        warden_pid = int((await _told(status, output))["warden"])
        child = Child(progress, frames, output, status, warden_pid)
        try:
            await _told(status, output)  # that the child is locked in
            yield child
        finally:
            ours.close()
            await _see_it_end(child)


async def _pipe(stack: contextlib.AsyncExitStack) -> tuple[asyncio.StreamReader, int]:
    """A reader of ours, closed with the stack, and the end to be written to."""
    read_fd, write_fd = os.pipe()
    reader = asyncio.StreamReader(limit=LINE_LIMIT_BYTES)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_fd, "rb", buffering=0)
    )
    stack.callback(transport.close)
    return reader, write_fd


async def _told(status: asyncio.StreamReader, output: asyncio.StreamReader) -> dict[str, Any]:
    """What the warden says next while it sets up the sandbox. Raises SandboxFailed if that went wrong."""
    try:
        async with asyncio.timeout(SETUP_LIMIT_S):
            line = await status.readline()
            printed = b"" if line else await output.read(LINE_LIMIT_BYTES)
    except TimeoutError as error:
        raise SandboxFailed(f"no word of the warden for {SETUP_LIMIT_S} s") from error
    if not line:
        raise SandboxFailed(f"the warden ended without a word: {printed.decode('utf-8', 'replace')}")
    told: dict[str, Any] = json.loads(line)
    if "failed" in told:
        raise SandboxFailed(told["failed"])
    return told


async def _see_it_end(child: Child) -> None:
    """Wait until child and warden are gone; the warden kills the child when it hears that we have let go."""
    try:
        async with asyncio.timeout(REAP_S):
            while await child.status.read(LINE_LIMIT_BYTES):
                pass
    except TimeoutError:
        log.warning("a killed child does not end; its result counts all the same", warden=child.warden_pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.warden_pid, signal.SIGKILL)
