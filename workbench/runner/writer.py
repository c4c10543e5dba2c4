"""The one writer of one run: folds what arrives and appends it, a bounded number of bytes ahead.

Appends are pipelined: nothing waits for the store event by event. When the store fails, what
was not acknowledged stays here in order and is written, under the same fence, once it is back.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from workbench.clock import Clock
from workbench.errors import LeaseLost, LogUnavailable, WorkbenchError
from workbench.events import Arrival, Entry, Event, Fact, RunInfo, Status, terminal_type
from workbench.log.base import Closing, Lease, Log
from workbench.providers.base import Translated
from workbench.runner.progress import Progress
from workbench.state import RunState

__all__ = ["Writer"]

_RETRY_S = 0.25
_IN_FLIGHT = 2
_MOST_BYTES = 256 * 1024  # of an append that others are gathered into


@dataclass(slots=True)
class _Append:
    """One append on its way; repeated as it is until the store acknowledges it."""

    arrivals: list[Arrival]
    after: int
    size: int
    closing: Closing | None = None
    future: "Future[int] | None" = None  # None until it was handed to the store

    def takes(self, other: "_Append") -> bool:
        """Whether another one may still become part of this one."""
        is_open = self.future is None and self.closing is None and other.closing is None
        return is_open and self.size < _MOST_BYTES


class Writer:
    """Use it from the runner's event loop only."""

    def __init__(
        self,
        log: Log,
        lease: Lease,
        clock: Clock,
        *,
        unwritten_bytes: int = 32 * 2**20,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.state = RunState()
        self.progress = Progress()
        self.head = 0
        self.failure: WorkbenchError | None = None  # the fence was overtaken or the log is closed
        self._log = log
        self._lease = lease
        self._clock = clock
        self._limit = unwritten_bytes
        self.unwritten_bytes = 0
        self._queue: deque[_Append] = deque()
        self._on_failure = on_failure
        self._recovery: asyncio.Task[None] | None = None  # runs while the store is away

    def load(self, entries: Sequence[Entry]) -> None:
        """Entries that are in the log already."""
        for entry in entries:
            self.state.add(entry)
            self.progress.add(entry)
        if entries:
            self.head = entries[-1].cursor

    def created(self, info: RunInfo) -> None:
        """The first entry of every run: what was asked for, and when."""
        event = {"type": Fact.RUN_CREATED, "request": info.request.to_dict()}
        self.take(info.created_at, [Translated(json=orjson.dumps(event), event=event)])

    def fact(self, type_: str, **fields: Any) -> None:
        """Say what happened on the way."""
        self.events([{"type": type_, **fields}])

    def events(self, events: Sequence[Event]) -> None:
        """Append events that were made here, stamped now."""
        at = self._clock.now()
        self.take(at, [Translated(json=orjson.dumps(event), event=event) for event in events])

    def take(self, at: float, arrived: Sequence[Translated]) -> None:
        """Append what arrived at a moment."""
        if not arrived:
            return
        after, size = self.head, 0
        arrivals = []
        for json, event in arrived:
            self.state.add_event(event)
            self.progress.add_event(event, at)
            arrivals.append(Arrival(at, json))
            size += len(json)
        self.head = self.state.cursor = after + len(arrived)
        self._send(_Append(arrivals, after, size))

    @property
    def is_away(self) -> bool:
        """Whether the store does not answer, so that nothing new can be read from it."""
        return self._recovery is not None

    @property
    def is_full(self) -> bool:
        return self.unwritten_bytes > self._limit

    async def room(self) -> None:
        """Until less than the limit is waiting to be written: this is what slows a sender down."""
        while self.is_full:
            await self._settle_first()

    async def settled(self) -> None:
        """Until all of it survives this process."""
        while self._queue:
            await self._settle_first()
        if self.failure:
            raise self.failure

    async def close(self, status: Status, summary: dict[str, Any], **fields: Any) -> None:
        """Append the one terminal entry and wait until it is written."""
        await self.settled()  # what a store that was away is told must come before the end
        event = {"type": terminal_type(status), **fields}
        arrival = Arrival(self._clock.now(), orjson.dumps(event))
        after = self.head
        self.head += 1
        entry = Entry(self.head, arrival.at, event)
        self.state.add(entry)
        self.progress.add(entry)
        closing = Closing(status=status, summary=summary)
        self._send(_Append([arrival], after, len(arrival.json), closing))
        await self.settled()

    def stop(self) -> None:
        """Write no more; for a process that must let go of the run."""
        if self._recovery:
            self._recovery.cancel()
        self.failure = self.failure or LeaseLost("this writer was stopped")
        self._queue.clear()

    def _send(self, append: _Append) -> None:
        if self.failure:
            return
        self.unwritten_bytes += append.size
        last = self._queue[-1] if self._queue else None
        if last and not self._recovery and last.takes(append):
            last.arrivals += append.arrivals
            last.size += append.size
        else:
            self._queue.append(append)
        # After the queue has grown: an append that ends from now on sees that something waits.
        self._forget_written()

    def _start_some(self) -> None:
        """While the store is busy with the first ones, the others gather into one append."""
        if not self._recovery:
            for append in islice(self._queue, _IN_FLIGHT):
                if append.future is None:
                    self._start(append)

    def _start(self, append: _Append) -> None:
        append.future = self._log.append(
            self._lease, append.arrivals, after=append.after, closing=append.closing
        )
        append.future.add_done_callback(self._report)

    def _report(self, future: "Future[int]") -> None:
        """Runs in the store's thread; wakes the loop only when there is something to do."""
        if future.exception() or len(self._queue) > _IN_FLIGHT:
            with suppress(RuntimeError):  # the loop is closed: nobody is left to care
                self._loop.call_soon_threadsafe(self._forget_written)

    def _forget_written(self) -> None:
        """Appends end in order, so only the front is looked at."""
        queue = self._queue
        while queue and (future := queue[0].future) and future.done():
            if error := future.exception():
                self._broken(error)
                return
            self.unwritten_bytes -= queue.popleft().size
        self._start_some()

    def _broken(self, error: BaseException) -> None:
        if self.failure or self._recovery:
            return  # the appends behind the first failed one fail as well
        if isinstance(error, LogUnavailable):
            self._recovery = self._loop.create_task(self._write_through(str(error)))
        elif isinstance(error, WorkbenchError):
            self._fail(error)
        else:
            raise error

    def _fail(self, error: WorkbenchError) -> None:
        self.failure = self.failure or error
        self._queue.clear()
        self.unwritten_bytes = 0
        self._on_failure()

    async def _write_through(self, reason: str) -> None:
        """Repeat what was not acknowledged until the store takes it, then say that it was away."""
        began, entries = self._clock.monotonic(), 0
        while self._queue:
            append = self._queue[0]
            try:
                await self._repeat(append)
            except LogUnavailable:
                await asyncio.sleep(_RETRY_S)
                continue
            except WorkbenchError as error:
                self._fail(error)
                return
            entries += len(append.arrivals)
            self.unwritten_bytes -= append.size
            self._queue.popleft()
        self._recovery = None
        if not self.state.ended:
            seconds = round(self._clock.monotonic() - began, 3)
            self.fact(Fact.UNLOGGED, entries=entries, reason=reason, seconds=seconds)

    async def _repeat(self, append: _Append) -> None:
        future = self._log.append(
            self._lease, append.arrivals, after=append.after, closing=append.closing
        )
        await self._done(future)
        future.result()

    async def _settle_first(self) -> None:
        self._forget_written()
        if self._recovery:
            await asyncio.shield(self._recovery)
        elif self._queue:
            future = self._queue[0].future
            assert future is not None, "every append is started while the store answers"
            await self._done(future)
            self._forget_written()

    async def _done(self, future: "Future[int]") -> None:
        """Until a future of the store's thread has an answer, whichever it is."""
        waiter = self._loop.create_future()

        def wake() -> None:
            if not waiter.done():
                waiter.set_result(None)

        future.add_done_callback(lambda _: self._loop.call_soon_threadsafe(wake))
        await waiter
