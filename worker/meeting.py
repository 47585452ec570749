"""Keeps the child's two pipes in step: what it says of an epoch and what it predicts after it."""

import asyncio
import contextlib

# A child that sends predictions without a word waits this long in vain; its result counts all the same.
PATIENCE_S = 1.0


class Meeting:
    """Both pipes are read as their bytes come; without this an epoch's losses could appear after its accuracy."""

    def __init__(self) -> None:
        self._announced = asyncio.Event()
        self._taken = asyncio.Event()
        self._finished = asyncio.Event()
        self._closed = False

    async def announce(self) -> None:
        """The progress pipe says that predictions follow: read no further until they are taken."""
        self._announced.set()
        if not self._closed:
            await self._taken.wait()
        self._taken.clear()

    async def wait_for_announcement(self) -> None:
        """The frames pipe holds predictions: let the progress pipe catch up first."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._announced.wait()

    async def wait_for_finish(self) -> None:
        """The frames pipe holds something odd: let the progress pipe catch up first, that may say that all is done."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._finished.wait()

    def finish(self) -> None:
        """The progress pipe says that all is done."""
        self._finished.set()

    def take(self) -> None:
        """The predictions are scored; the progress pipe may go on."""
        self._announced.clear()
        self._taken.set()

    def close(self) -> None:
        """No more frames will come; nobody need wait for one."""
        self._closed = True
        self._taken.set()
