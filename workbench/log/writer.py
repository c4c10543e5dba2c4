"""Appends: queued, then committed together, over all runs, by whoever finds the store free.

There is no timer. What gathers while one commit runs goes into the next. A thread that appends
does the work itself when nobody else is at it, which saves handing it over; a thread with a
running event loop never does, because a commit may wait for a disk, so a thread of the writer
commits for it.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from workbench.clock import Clock
from workbench.errors import LogUnavailable, WorkbenchError
from workbench.events import Arrival
from workbench.log.base import Closing, Lease
from workbench.log.records import Block, block_of, joined
from workbench.log.rules import Guard, check_closing, check_cursor
from workbench.log.runs import close_run, guard_and_head
from workbench.log.segments import Tails, holds
from workbench.log.store import Sql, Store

__all__ = ["Writer"]

# A transaction holds other processes up while it lasts, so it is not let grow without bound.
_COMMIT_BYTES = 16 << 20


class _Append(NamedTuple):
    lease: Lease
    block: Block
    after: int
    closing: Closing | None
    done: "Future[int]"


class _Settled(NamedTuple):
    """What became of the appends of one transaction."""

    batch: Sequence[_Append]
    outcomes: Sequence[int | Exception]
    runs: Mapping[str, None]
    size: int


class Writer:
    """The one writer of a store in this process."""

    def __init__(
        self, store: Store, *, clock: Clock, committed: Callable[[Iterable[str], int], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._committed = committed
        self._queue: deque[_Append] = deque()
        self._tails = Tails()
        self._known: dict[str, tuple[Guard, int]] = {}
        self._version = (-1, -1)
        self._asked = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def append(
        self, lease: Lease, arrivals: Sequence[Arrival], after: int, closing: Closing | None
    ) -> "Future[int]":
        done: Future[int] = Future()
        try:
            check_cursor(after)
            check_closing(closing, len(arrivals))
            block = block_of(arrivals)
            self._store.check_open()
        except WorkbenchError as error:
            done.set_exception(error)
            return done
        self._queue.append(_Append(lease, block, after, closing, done))
        if _in_event_loop() and not self._stopped:
            self._ask()
        elif self._store.lock.acquire(blocking=self._stopped):
            try:
                settled = self._commit()
            finally:
                self._store.lock.release()
            self._settle(settled)
            if self._queue:
                self._ask()
        else:
            self._ask()
        return done

    def close(self) -> None:
        """Commit what is queued; what comes later finds the store closed."""
        self._stopped = True
        self._asked.set()
        if self._thread is not None:
            self._thread.join()
        self._drain()

    def _ask(self) -> None:
        self._asked.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._run, name="workbench-writer", daemon=True
                    )
                    self._thread.start()

    def _run(self) -> None:
        while not self._stopped:
            self._asked.wait()
            self._asked.clear()
            self._drain()

    def _drain(self) -> None:
        while self._queue:
            with self._store.lock:
                settled = self._commit()
            self._settle(settled)

    def _commit(self) -> _Settled:
        """One transaction for what is queued; the caller holds the store's lock."""
        batch, size = self._take()
        runs = dict.fromkeys(append.lease.run for append in batch)
        if not batch:
            return _Settled([], [], runs, 0)
        try:
            with self._store.writing_locked() as sql:
                self._recollect(sql)
                return _Settled(batch, self._write(sql, batch), runs, size)
        except BaseException as error:
            self._version = (-1, -1)
            for run in runs:
                self._tails.forget(run)
            if isinstance(error, Exception):
                return _Settled(batch, [error] * len(batch), {}, 0)
            # Whoever else waits for this commit must not wait for ever.
            stopped = LogUnavailable(f"the append was interrupted by {error!r}")
            self._settle(_Settled(batch, [stopped] * len(batch), {}, 0))
            raise

    def _settle(self, settled: _Settled) -> None:
        """Tell who waits, without the lock: what they do next is their own affair."""
        if settled.runs:
            self._committed(settled.runs, settled.size)
        for append, outcome in zip(settled.batch, settled.outcomes, strict=True):
            if isinstance(outcome, Exception):
                append.done.set_exception(outcome)
            else:
                append.done.set_result(outcome)

    def _recollect(self, sql: Sql) -> None:
        """Forget what is known of runs once anybody else has written, here or elsewhere."""
        ((version,),) = sql("PRAGMA data_version").fetchall()
        if self._version != (version, self._store.writes):
            self._version = (version, self._store.writes)
            self._known.clear()

    def _take(self) -> tuple[list[_Append], int]:
        batch, size = [], 0
        while self._queue and size < _COMMIT_BYTES:
            append = self._queue.popleft()
            if append.done.set_running_or_notify_cancel():
                batch.append(append)
                size += len(append.block.texts)
        return batch, size

    def _write(self, sql: Sql, batch: list[_Append]) -> list[int | WorkbenchError]:
        if len(batch) == 1:
            return self._write_run(sql, batch[0].lease.run, batch)
        places: dict[str, list[int]] = {}
        for n, append in enumerate(batch):
            places.setdefault(append.lease.run, []).append(n)
        outcomes: dict[int, int | WorkbenchError] = {}
        for run, of_run in places.items():
            written = self._write_run(sql, run, [batch[n] for n in of_run])
            outcomes.update(zip(of_run, written, strict=True))
        return [outcomes[n] for n in range(len(batch))]

    def _write_run(
        self, sql: Sql, run: str, appends: Sequence[_Append]
    ) -> list[int | WorkbenchError]:
        """Appends of one run in their order, stored as if they had been one."""
        try:
            guard, head = self._known.get(run) or guard_and_head(sql, run)
        except WorkbenchError as error:
            return [error] * len(appends)
        outcomes: list[int | WorkbenchError] = []
        gathered: list[Block] = []
        stored = head
        for lease, block, after, closing, _ in appends:
            count = len(block.times)
            try:
                if guard.admits(lease, after=after, count=count, head=head):
                    if count:
                        gathered.append(block)
                        head += count
                else:
                    stored = self._flush(sql, run, stored, gathered)
                    if not holds(sql, run, after, block):
                        raise guard.refusal(run, after=after, head=head)
                    closing = None
            except WorkbenchError as error:
                outcomes.append(error)
                continue
            outcomes.append(after + count)
            if closing is not None:
                guard = guard.closed()
                stored = self._flush(sql, run, stored, gathered, last=True)
                close_run(sql, run, guard, closing, at=self._clock.now())
        self._flush(sql, run, stored, gathered)
        self._known[run] = guard, head
        return outcomes

    def _flush(
        self, sql: Sql, run: str, stored: int, gathered: list[Block], *, last: bool = False
    ) -> int:
        """Store what was gathered after what is stored; the new head."""
        if gathered:
            block = joined(gathered)
            self._tails.store(sql, run, stored, block, last=last)
            stored += len(block.times)
            gathered.clear()
        if last:
            self._tails.forget(run)
        return stored


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
