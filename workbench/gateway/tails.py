"""Followers of one run share one reader: entries are read and encoded once, whoever asks.

A tail holds the newest encoded entries of a run and one wake-up for all who wait. A follower
keeps nothing but its cursor: behind the tail's window it reads the log, within it the shared
list. A follower that stops reading costs its cursor.
"""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial

from anyio import CapacityLimiter, to_thread

from workbench.errors import InvalidCursor, WorkbenchError
from workbench.log.base import Log
from workbench.log.follow import Follower

__all__ = ["Tails"]

WINDOW = 4096
PAGE = 1000


class _Tail:
    """The newest entries of one run, filled by one follower of the log."""

    def __init__(self, log: Log, run: str, after: int, heartbeat_s: float) -> None:
        self.first = after + 1  # the cursor of entries[0]
        self.entries: list[bytes] = []
        self.ended = False
        self.error: WorkbenchError | None = None
        self.readers = 0
        self._loop = asyncio.get_running_loop()
        self._waiting: list[asyncio.Future[None]] = []
        # One timer for all who wait; one for each wait would cost more than the entry.
        self._heartbeat_s = heartbeat_s
        self._timer = self._loop.call_later(heartbeat_s, self._beat)
        self._follower = Follower(log, run, after=after)
        self._task = asyncio.create_task(self._fill(), name=f"tail-{run}")

    async def news(self) -> None:
        """Until something changed, or a heartbeat is due."""
        # A future for each: to cancel whoever waits for a shared one would cancel it for all.
        waiter = self._loop.create_future()
        self._waiting.append(waiter)
        await waiter

    def wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _beat(self) -> None:
        self._timer = self._loop.call_later(self._heartbeat_s, self._beat)
        self.wake()

    async def _fill(self) -> None:
        try:
            async for batch in self._follower.araw_batches():
                self.entries += batch
                if len(self.entries) > 2 * WINDOW:
                    dropped = len(self.entries) - WINDOW
                    del self.entries[:dropped]
                    self.first += dropped
                self.wake()
        except WorkbenchError as error:
            self.error = error
        self.ended = True
        self.wake()

    async def stop(self) -> None:
        self._timer.cancel()
        self._follower.close()
        await asyncio.gather(self._task, return_exceptions=True)


class Tails:
    """The tails of all runs that somebody follows, on one event loop."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._tails: dict[str, _Tail] = {}
        self.is_closing = False
        # Each reading thread has a connection of its own, and that is what costs memory.
        self._reads = CapacityLimiter(4)

    @property
    def followers(self) -> int:
        return sum(tail.readers for tail in self._tails.values())

    async def check(self, run: str, after: int) -> bool:
        """Refuse a cursor that this log cannot have; whether nothing will ever follow it."""
        head, ended = await to_thread.run_sync(self._log.head, run, limiter=self._reads)
        if after > head:
            raise InvalidCursor(
                f"Cursor {after} lies after the last entry, {head}; read on from {head} or from 0."
            )
        return ended and after == head

    async def follow(
        self, run: str, after: int, *, heartbeat_s: float, pause_s: float = 0.0
    ) -> AsyncGenerator[list[bytes]]:
        """Batches of encoded entries after a cursor; an empty one is a heartbeat.

        Ends after the terminal entry, or when the gateway closes. `pause_s` gathers what
        arrives within that time into one batch.
        """
        tail = await self._join(run, after, heartbeat_s)
        woken = False
        try:
            while not self.is_closing:
                batch = await self._batch(tail, run, after)
                if batch:
                    woken = False
                    after += len(batch)
                    yield batch
                    if pause_s:
                        await asyncio.sleep(pause_s)
                elif tail.ended:
                    if tail.error is not None:
                        raise tail.error
                    return
                elif woken:
                    woken = False
                    yield []  # woken for nothing new: a heartbeat
                else:
                    await tail.news()
                    woken = True
        finally:
            await self._leave(run, tail)

    async def _batch(self, tail: _Tail, run: str, after: int) -> list[bytes]:
        start = after + 1 - tail.first
        if start >= 0:
            return tail.entries[start : start + PAGE]
        read = partial(self._log.read_raw, run, after=after, limit=PAGE)
        return await to_thread.run_sync(read, limiter=self._reads)

    async def _join(self, run: str, after: int, heartbeat_s: float) -> _Tail:
        tail = self._tails.get(run)
        if tail is None or tail.ended:
            head, _ = await to_thread.run_sync(self._log.head, run, limiter=self._reads)
            tail = self._tails.get(run)
        if tail is None or tail.ended:
            start = max(after, head - WINDOW)
            tail = self._tails[run] = _Tail(self._log, run, start, heartbeat_s)
        tail.readers += 1
        return tail

    async def _leave(self, run: str, tail: _Tail) -> None:
        tail.readers -= 1
        if tail.readers == 0:
            if self._tails.get(run) is tail:
                del self._tails[run]
            await tail.stop()

    def close(self) -> None:
        """End every follower at once, so that a server can shut down."""
        self.is_closing = True
        for tail in self._tails.values():
            tail.wake()
