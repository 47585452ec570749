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
# From the order to the warden's first word, and from there to a locked-in child: 0.1 s on an idle machine.
FIRST_WORD_LIMIT_S = 30
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

    async def wait(self) -> Exit:
        """How it ended, when it has.

        Raises:
            SandboxFailed: if its warden was killed, and the child with it: nobody knows how it would have ended.
        """
        told = await _told(self.status, self.output)
        return Exit(told["exit"], told["cpu_s"], told["killed_for"])


@contextlib.asynccontextmanager
async def launched(cell: Cell, starter: Starter) -> AsyncIterator[Child]:
    """A child that works on the cell's job, locked in. It is dead when the block ends.

    Raises:
        SandboxFailed: if it could not be locked in.
    """
    async with contextlib.AsyncExitStack() as stack:
        life_end, life = _open_pipe(stack)
        pipes = [_open_pipe(stack) for _ in range(4)]
        ends = [life_end, *(write_end for _, write_end in pipes)]
        status, progress, frames, output = [await _reader(stack, read_end) for read_end, _ in pipes]
        # Not in a thread: a cancelled wait would close the ends while the thread still hands them over.
        starter.start(cell, Ends(*(end.fileno() for end in ends)))
        for end in ends:
            end.close()
        child = Child(progress, frames, output, status, await _warden_pid(status, output, starter))
        try:
            async with asyncio.timeout(SETUP_LIMIT_S):
                await _told(status, output)  # that the child is locked in
            yield child
        finally:
            life.close()
            await _see_it_end(child)


def _open_pipe(stack: contextlib.AsyncExitStack) -> tuple[FileIO, FileIO]:
    """A pipe whose two ends are closed with the stack at the latest."""
    read_fd, write_fd = os.pipe()
    return stack.enter_context(FileIO(read_fd, "rb")), stack.enter_context(FileIO(write_fd, "wb"))


async def _reader(stack: contextlib.AsyncExitStack, read_end: FileIO) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=LINE_LIMIT_BYTES)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), read_end
    )
    stack.callback(transport.close)
    return reader


async def _warden_pid(status: asyncio.StreamReader, output: asyncio.StreamReader, starter: Starter) -> int:
    """The process id of the warden, which is its first word."""
    try:
        async with asyncio.timeout(FIRST_WORD_LIMIT_S):
            return int((await _told(status, output))["warden"])
    except TimeoutError as error:
        starter.give_up()
        raise SandboxFailed(f"no word of the warden for {FIRST_WORD_LIMIT_S} s") from error


async def _told(status: asyncio.StreamReader, output: asyncio.StreamReader) -> dict[str, Any]:
    """What the warden says next. Raises SandboxFailed if it has died, or says that something went wrong on our side."""
    line = await status.readline()
    if not line:
        printed = (await output.read(LINE_LIMIT_BYTES)).decode("utf-8", "replace")
        raise SandboxFailed(f"the warden ended without a word: {printed}")
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
