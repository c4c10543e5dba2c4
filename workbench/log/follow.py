"""A follower: what a log holds after a cursor, then what is appended, until the run ends.

It keeps a cursor and nothing else: one that stops reading costs nothing, and one that was
closed or killed is replaced by another with the same cursor.
"""

import asyncio
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Self, TypeVar

from workbench.events import Entry
from workbench.log.base import Log
from workbench.log.rules import check_cursor

__all__ = ["Follower"]

T = TypeVar("T", Entry, bytes)
Read = Callable[..., list[T]]


@cache
def _readers() -> ThreadPoolExecutor:
    """Reads of asynchronous followers: a slow disk must not stop anybody's event loop."""
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="workbench-read")


class _Waker:
    """What a log rings; apart from the follower, so that a forgotten follower can vanish."""

    def __init__(self) -> None:
        self.rung = threading.Event()
        self.alarm: Callable[[], object] | None = None

    def ring(self) -> None:
        self.rung.set()
        if alarm := self.alarm:
            with suppress(RuntimeError):  # the event loop is gone, and with it whoever waited
                alarm()


class Follower:
    """Iterate it with `for` or `async for`, one at a time; `close` ends that from any thread.

    `cursor` is the last entry handed out, so another follower can continue from there.
    """

    def __init__(self, log: Log, run: str, after: int = 0, *, batch: int = 1000) -> None:
        check_cursor(after)
        self.run = run
        self.cursor = after
        self._log = log
        self._batch = batch
        self._closed = False
        self._waker = _Waker()
        # Watching begins before the first read, so no append can fall between the two.
        self._unwatch = weakref.finalize(self, log.watch(self._waker.ring, run))

    def __iter__(self) -> Iterator[Entry]:
        for batch in self.batches():
            for entry in batch:
                if self._closed:
                    return
                self.cursor = entry.cursor
                yield entry

    async def __aiter__(self) -> AsyncIterator[Entry]:
        async for batch in self.abatches():
            for entry in batch:
                if self._closed:
                    return
                self.cursor = entry.cursor
                yield entry

    def batches(self) -> Iterator[list[Entry]]:
        """Entries as they can be read: many at a time from the past, few at the live end."""
        return self._iterate(self._log.read)

    def raw_batches(self) -> Iterator[list[bytes]]:
        """The same as JSON objects, undecoded."""
        return self._iterate(self._log.read_raw)

    def abatches(self) -> AsyncIterator[list[Entry]]:
        """`batches` for an event loop, which it never blocks."""
        return self._aiterate(self._log.read)

    def araw_batches(self) -> AsyncIterator[list[bytes]]:
        """`raw_batches` for an event loop, which it never blocks."""
        return self._aiterate(self._log.read_raw)

    def close(self) -> None:
        """End any iteration at once, also one that waits in another thread or event loop."""
        self._closed = True
        self._unwatch()
        self._waker.ring()

    def _iterate(self, read: "Read[T]") -> Iterator[list[T]]:
        while not self._closed:
            batch = read(self.run, after=self.cursor, limit=self._batch)
            if batch:
                self.cursor += len(batch)
                yield batch  # before anything else is asked: somebody waits for it
            self._waker.rung.clear()
            head, ended = self._log.head(self.run)
            if self.cursor < head:
                continue
            if ended:
                self.close()
            elif not self._closed:
                self._wait()

    def _wait(self) -> None:
        try:
            self._waker.rung.wait()
        except KeyboardInterrupt:
            # Whoever stops reading should know that reading is all that stopped.
            raise KeyboardInterrupt(
                f"Detached: run {self.run} goes on. Follow it again after cursor {self.cursor}."
            ) from None

    async def _aiterate(self, read: "Read[T]") -> AsyncIterator[list[T]]:
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        self._waker.alarm = lambda: loop.call_soon_threadsafe(woken.set)
        try:
            while not self._closed:
                woken.clear()
                batch, at_end = await loop.run_in_executor(_readers(), self._next, read)
                if batch and not self._closed:
                    self.cursor += len(batch)
                    yield batch
                if at_end:
                    self.close()
                elif not batch and not self._closed:
                    await woken.wait()
        finally:
            self._waker.alarm = None

    def _next(self, read: "Read[T]") -> tuple[list[T], bool]:
        """What can be read now, and whether that was the last of it."""
        batch = read(self.run, after=self.cursor, limit=self._batch)
        head, ended = self._log.head(self.run)
        return batch, ended and self.cursor + len(batch) >= head

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
