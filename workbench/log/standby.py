"""A log that can take a new run into memory while its store is away."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from workbench.clock import Clock
from workbench.events import Arrival, Entry, RunInfo, Status
from workbench.log.base import Closing, Lease, Log, LogStats
from workbench.log.memory import MemoryLog

__all__ = ["StandbyLog"]


class StandbyLog:
    """Everything is the store's own, except for the runs that were sheltered.

    These keep the log's promises within this process and end with it: nothing is written of
    them later, so that no run is ever in two places.
    """

    def __init__(self, store: Log, *, clock: Clock) -> None:
        self.store = store
        self._memory = MemoryLog(clock=clock)
        self._sheltered: set[str] = set()  # also those that were deleted since

    def shelter(self, info: RunInfo) -> RunInfo:
        """`create` in memory, for a run that the store could not take."""
        self._sheltered.add(info.id)
        return self._memory.create(info)

    def _of(self, run: str) -> Log:
        return self._memory if run in self._sheltered else self.store

    def create(self, info: RunInfo) -> RunInfo:
        return self.store.create(info)

    def info(self, run: str) -> RunInfo:
        return self._of(run).info(run)

    def runs(
        self, *, status: Sequence[Status] | None = None, limit: int = 50, before: str | None = None
    ) -> list[RunInfo]:
        found = self.store.runs(status=status, limit=limit, before=before)
        if not self._sheltered:
            return found
        found += self._memory.runs(status=status, limit=limit, before=before)
        return sorted(found, key=lambda info: info.id, reverse=True)[:limit]

    def mark(self, run: str, **marks: Any) -> RunInfo:
        return self._of(run).mark(run, **marks)

    def set_status(self, lease: Lease, status: Status) -> None:
        self._of(lease.run).set_status(lease, status)

    def append(
        self,
        lease: Lease,
        arrivals: Sequence[Arrival],
        *,
        after: int,
        closing: Closing | None = None,
    ) -> "Future[int]":
        return self._of(lease.run).append(lease, arrivals, after=after, closing=closing)

    def read(self, run: str, *, after: int = 0, limit: int = 1000) -> list[Entry]:
        return self._of(run).read(run, after=after, limit=limit)

    def read_raw(self, run: str, *, after: int = 0, limit: int = 1000) -> list[bytes]:
        return self._of(run).read_raw(run, after=after, limit=limit)

    def head(self, run: str) -> tuple[int, bool]:
        return self._of(run).head(run)

    def delete(self, run: str) -> None:
        self._of(run).delete(run)

    def sweep(self, *, older_than_s: float) -> int:
        swept = self._memory.sweep(older_than_s=older_than_s)
        return swept + self.store.sweep(older_than_s=older_than_s)

    def claim(self, run: str, *, owner: str, ttl_s: float) -> Lease:
        return self._of(run).claim(run, owner=owner, ttl_s=ttl_s)

    def renew(self, lease: Lease) -> None:
        self._of(lease.run).renew(lease)

    def release(self, lease: Lease) -> None:
        self._of(lease.run).release(lease)

    def holder(self, run: str) -> tuple[str, float] | None:
        return self._of(run).holder(run)

    def watch(self, ring: Callable[[], None], run: str | None = None) -> Callable[[], None]:
        if run is not None:
            return self._of(run).watch(ring, run)
        stops = [log.watch(ring) for log in (self.store, self._memory)]

        def stop() -> None:
            for each in stops:
                each()

        return stop

    def stats(self) -> LogStats:
        stored = self.store.stats()
        if not self._sheltered:
            return stored
        sheltered = self._memory.stats()
        return replace(
            stored,
            runs=stored.runs + sheltered.runs,
            by_status=Counter(stored.by_status) + Counter(sheltered.by_status),
            bytes=stored.bytes + sheltered.bytes,
        )

    def close(self) -> None:
        self.store.close()
