"""Starts a child process with limits, a bare environment and pipes, and makes sure that nothing of it stays."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import structlog

from worker.sandbox.limits import Limits

log = structlog.get_logger()

# What is recorded with every run. Only limits so far: fit for models of the zoo, not for uploaded code.
ISOLATION = "limits" if sys.platform != "darwin" else "limits-no-memory"
LINE_LIMIT_BYTES = 64 << 10
# Time for a killed process to be reaped; a kill that takes longer is a kernel in trouble.
REAP_S = 10


@dataclass(frozen=True)
class Child:
    """A running child and the ends of its pipes that are ours."""

    process: asyncio.subprocess.Process
    progress: asyncio.StreamReader
    frames: asyncio.StreamReader
    output: asyncio.StreamReader


@contextlib.asynccontextmanager
async def launched(job: dict[str, Any], folder: Path, limits: Limits) -> AsyncIterator[Child]:
    """A child that works on the job, in a folder of its own. It is killed, with its group, when the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        progress, progress_end = await _pipe(stack)
        frames, frames_end = await _pipe(stack)
        with progress_end, frames_end:
            process = await _start(folder, job["threads"], limits, progress_end.fileno(), frames_end.fileno())
        try:
            await _send(process, json.dumps(job).encode())
            assert process.stdout is not None  # noqa: S101 - asked for below; tells the type checker
            yield Child(process, progress, frames, process.stdout)
        finally:
            await kill(process)


async def _pipe(stack: contextlib.AsyncExitStack) -> tuple[asyncio.StreamReader, FileIO]:
    """A reader of ours and the end that the child writes to, closed with the stack at the latest."""
    read_fd, write_fd = os.pipe()
    write_end = stack.enter_context(FileIO(write_fd, "wb"))
    reader = asyncio.StreamReader(limit=LINE_LIMIT_BYTES)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_fd, "rb", buffering=0)
    )
    stack.callback(transport.close)
    return reader, write_end


async def _start(
    folder: Path, threads: int, limits: Limits, progress_fd: int, frames_fd: int
) -> asyncio.subprocess.Process:
    arguments = [json.dumps(asdict(limits)), str(os.getpid()), str(progress_fd), str(frames_fd)]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "worker.sandbox.enter",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
        env=bare_environment(folder, threads),
        pass_fds=(progress_fd, frames_fd),
        start_new_session=True,
        limit=LINE_LIMIT_BYTES,
    )


def bare_environment(folder: Path, threads: int) -> dict[str, str]:
    """All that the child sees of an environment: nothing of ours, no secret, no path of the worker's."""
    return {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": "1",
    }


async def _send(process: asyncio.subprocess.Process, job: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - asked for above; tells the type checker
    # A child that died at once has closed its end; how it died is told by its exit, not here.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(job)
        await process.stdin.drain()
    process.stdin.close()


async def kill(process: asyncio.subprocess.Process) -> None:
    """Kill the child and everything in its process group, and wait until it is gone."""
    # macOS answers PermissionError for a group of which only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        async with asyncio.timeout(REAP_S):
            await process.wait()
    except TimeoutError:
        log.warning("a killed child does not end; its result counts all the same", pid=process.pid)
