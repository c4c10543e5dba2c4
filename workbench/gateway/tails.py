"""Followers of one run share one reader: entries are read and encoded once, whoever asks.

A tail holds the newest encoded entries of a run and one wake-up for all who wait. A follower
keeps nothing but its cursor: behind the tail's window it reads the log, within it the shared
list. A follower that stops reading costs its cursor and one portion.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from anyio import CapacityLimiter, to_thread

from workbench.errors import InvalidCursor, LogUnavailable, WorkbenchError
from workbench.log.base import Log
from workbench.log.follow import Follower

__all__ = ["Reader", "Tails"]

_logger = logging.getLogger(__name__)

WINDOW = 4096
WINDOW_BYTES = 16 * 1024 * 1024
PAGE = 1000
FIRST_PAGE = 64
# Entries may be images: a page of them would be held for every follower that reads slowly.
PORTION_BYTES = 1024 * 1024


class _Tail:
    """The newest entries of one run, filled by one follower of the log."""

    def __init__(self, log: Log, run: str, after: int, heartbeat_s: float) -> None:
        self.first = after + 1  # the cursor of entries[0]
        self.entries: list[bytes] = []
        self._bytes = 0
        self.ended = False
        self.error: WorkbenchError | None = None
        self.readers = 0
        self._loop = asyncio.get_running_loop()
        self._waiting: list[asyncio.Future[None]] = []
        # One timer for all who wait; one for each wait would cost more than the entry.
        self._heartbeat_s = heartbeat_s
        self._timer = self._loop.call_later(heartbeat_s, self._beat)
        self._follower = Follower(log, run, after=after, batch=FIRST_PAGE)
        self._task = asyncio.create_task(self._fill(), name=f"tail-{run}")

    def news(self) -> "asyncio.Future[None]":
        """Done when something changed, or a heartbeat is due."""
        # A future for each: to cancel whoever waits for a shared one would cancel it for all.
        waiter = self._loop.create_future()
        self._waiting.append(waiter)
        return waiter

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
                self._bytes += sum(map(len, batch))
                self._forget()
                self.wake()
        except WorkbenchError as error:
            self.error = error
        except Exception as error:
            # Whoever follows would else be kept waiting with heartbeats for ever.
            _logger.exception("A tail can read no more")
            self.error = LogUnavailable(f"The log cannot be read: {error!r}.")
        self.ended = True
        self.wake()

    def _forget(self) -> None:
        """Drop the oldest entries now and then: half of those it may hold."""
        while len(self.entries) > 2 * WINDOW or self._bytes > 2 * WINDOW_BYTES:
            dropped = max(1, len(self.entries) // 2)
            self._bytes -= sum(map(len, self.entries[:dropped]))
            del self.entries[:dropped]
            self.first += dropped

    async def stop(self) -> None:
        self._timer.cancel()
        self._follower.close()
        await asyncio.gather(self._task, return_exceptions=True)


def portion(entries: list[bytes], start: int = 0) -> list[bytes]:
    """As many entries as are sent at once: a page, or what a slow reader may hold of large ones."""
    page = entries[start : start + PAGE]
    size = 0
    for count, entry in enumerate(page):
        size += len(entry)
        if size > PORTION_BYTES and count:
            return page[:count]
    return page


class Reader:
    """One follower: a cursor, and what it asks of the tail that it shares."""

    __slots__ = ("_news", "_page", "_run", "_tail", "_tails", "cursor", "has_left")

    def __init__(self, tails: "Tails", tail: _Tail, run: str, after: int) -> None:
        self.cursor = after
        self.has_left = False
        self._tails = tails
        self._tail = tail
        self._run = run
        self._page = FIRST_PAGE
        self._news: asyncio.Future[None] | None = None

    async def next(self) -> list[bytes] | None:
        """Encoded entries behind the cursor, as soon as there are any.

        An empty batch is a heartbeat. None is the end: after the terminal entry, when the
        gateway closes, or when whoever reads has left.
        """
        tail, woken = self._tail, False
        while not self._tails.is_closing and not self.has_left:
            start = self.cursor + 1 - tail.first
            if start >= 0:
                batch = portion(tail.entries, start)
            else:
                batch = portion(await self._tails.read(self._run, self.cursor, self._page))
                # What does not fit is read again, so no more is read than may fit.
                self._page = min(PAGE, 2 * len(batch))
            if batch:
                self.cursor += len(batch)
                return batch
            if tail.ended:
                if tail.error is not None:
                    raise tail.error
                return None
            if woken:
                return []  # woken for nothing new: a heartbeat
            self._news = tail.news()
            await self._news
            woken = True
        return None

    def leave(self) -> None:
        """Read no more; ends a wait for the next batch."""
        self.has_left = True
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


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

    @asynccontextmanager
    async def reader(self, run: str, after: int, *, heartbeat_s: float) -> AsyncIterator["Reader"]:
        """A follower of a run, from behind a cursor."""
        tail = await self._join(run, after, heartbeat_s)
        try:
            yield Reader(self, tail, run, after)
        finally:
            await self._leave(run, tail)

    async def read(self, run: str, after: int, limit: int) -> list[bytes]:
        """From the log itself, what lies before the window of a tail."""
        read = partial(self._log.read_raw, run, after=after, limit=limit)
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
