"""The reference: the log's promises in the plainest form, kept by one process in memory."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.clock import Clock, SystemClock
from workbench.errors import LeaseLost, RunGone, UnknownRun, WorkbenchError
from workbench.events import Arrival, Entry, RunInfo, Status
from workbench.log.base import Closing, Lease, LogStats
from workbench.log.bell import Bell
from workbench.log.ids import check_run_id
from workbench.log.records import block_of, entries, pack, raw_entries
from workbench.log.rules import Guard, check_closing, check_cursor, check_open

__all__ = ["MemoryLog"]


@dataclass(slots=True)
class _Run:
    info: RunInfo
    guard: Guard = field(default_factory=Guard)
    arrivals: list[Arrival] = field(default_factory=list)


class MemoryLog:
    """A log that ends with its process."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._runs: dict[str, _Run] = {}
        self._keys: dict[str, str] = {}
        self._gone: set[str] = set()
        self._bell = Bell()
        self._swept_at: float | None = None

    def create(self, info: RunInfo) -> RunInfo:
        check_run_id(info.id)
        with self._lock:
            taken = self._keys.get(info.key, info.id) if info.key is not None else info.id
            if taken in self._runs:
                return self.info(taken)
            if info.key is not None:
                self._keys[info.key] = info.id
            self._runs[info.id] = _Run(replace(info, cursor=0))
        self._bell.ring([info.id])
        return self.info(info.id)

    def info(self, run: str) -> RunInfo:
        with self._lock:
            found = self._run(run)
            return replace(
                found.info,
                cursor=len(found.arrivals),
                summary=dict(found.info.summary),
                marks=dict(found.info.marks),
            )

    def runs(
        self, *, status: Sequence[Status] | None = None, limit: int = 50, before: str | None = None
    ) -> list[RunInfo]:
        with self._lock:
            chosen = sorted(
                (
                    name
                    for name, found in self._runs.items()
                    if (status is None or found.info.status in status)
                    and (before is None or name < before)
                ),
                reverse=True,
            )
            return [self.info(name) for name in chosen[:limit]]

    def mark(self, run: str, **marks: Any) -> RunInfo:
        with self._lock:
            found = self._run(run)
            found.info = replace(found.info, marks={**found.info.marks, **marks})
        self._bell.ring([run])
        return self.info(run)

    def set_status(self, lease: Lease, status: Status) -> None:
        check_open(status)
        with self._lock:
            found = self._run(lease.run)
            found.guard.check(lease)
            if found.guard.ended:
                raise found.guard.refusal(lease.run, after=0, head=len(found.arrivals))
            found.info = replace(found.info, status=status)
        self._bell.ring([lease.run])

    def append(
        self,
        lease: Lease,
        arrivals: Sequence[Arrival],
        *,
        after: int,
        closing: Closing | None = None,
    ) -> "Future[int]":
        done: Future[int] = Future()
        try:
            done.set_result(self._append(lease, arrivals, after, closing))
        except WorkbenchError as error:
            done.set_exception(error)
        else:
            self._bell.ring([lease.run])
        return done

    def _append(
        self, lease: Lease, arrivals: Sequence[Arrival], after: int, closing: Closing | None
    ) -> int:
        block_of(arrivals)
        check_closing(closing, len(arrivals))
        with self._lock:
            found = self._run(lease.run)
            head, last = len(found.arrivals), after + len(arrivals)
            if not found.guard.admits(lease, after=after, count=len(arrivals), head=head):
                if found.arrivals[after:last] != list(arrivals):
                    raise found.guard.refusal(lease.run, after=after, head=head)
                return last
            found.arrivals += arrivals
            if closing is not None:
                found.guard = found.guard.closed()
                found.info = replace(
                    found.info,
                    status=closing.status,
                    summary=dict(closing.summary),
                    closed_at=self._clock.now(),
                )
            return last

    def read(self, run: str, *, after: int = 0, limit: int = 1000) -> list[Entry]:
        found = self._after(run, after, limit)
        # Packed and parsed again: what a reader does to an event must not reach the log.
        return entries(after + len(found), pack(block_of(found))) if found else []

    def read_raw(self, run: str, *, after: int = 0, limit: int = 1000) -> list[bytes]:
        found = self._after(run, after, limit)
        return raw_entries(after + len(found), pack(block_of(found))) if found else []

    def _after(self, run: str, after: int, limit: int) -> list[Arrival]:
        check_cursor(after)
        with self._lock:
            return self._run(run).arrivals[after : after + limit]

    def head(self, run: str) -> tuple[int, bool]:
        with self._lock:
            found = self._run(run)
            return len(found.arrivals), found.guard.ended

    def delete(self, run: str) -> None:
        with self._lock:
            found = self._run(run)
            if not found.guard.ended:
                raise found.guard.live(run, self._clock.monotonic())
            self._forget(found)
        self._bell.ring([run])

    def _forget(self, found: _Run) -> None:
        del self._runs[found.info.id]
        self._gone.add(found.info.id)
        if found.info.key is not None:
            del self._keys[found.info.key]

    def sweep(self, *, older_than_s: float) -> int:
        with self._lock:
            self._swept_at = self._clock.now()
            limit = self._swept_at - older_than_s
            old = [
                found
                for found in self._runs.values()
                if found.info.closed_at is not None and found.info.closed_at < limit
            ]
            for found in old:
                self._forget(found)
        self._bell.ring([found.info.id for found in old])
        return len(old)

    def claim(self, run: str, *, owner: str, ttl_s: float) -> Lease:
        with self._lock:
            found = self._run(run)
            found.guard = found.guard.claimed(
                run,
                owner=owner,
                ttl_s=ttl_s,
                now=self._clock.monotonic(),
                head=len(found.arrivals),
            )
            return Lease(run=run, owner=owner, fence=found.guard.fence, ttl_s=ttl_s)

    def renew(self, lease: Lease) -> None:
        with self._lock:
            found = self._run(lease.run)
            found.guard = found.guard.renewed(lease, self._clock.monotonic())

    def release(self, lease: Lease) -> None:
        with self._lock, suppress(LeaseLost, UnknownRun):
            found = self._run(lease.run)
            found.guard = found.guard.released(lease)
        self._bell.ring([lease.run])

    def holder(self, run: str) -> tuple[str, float] | None:
        with self._lock:
            guard = self._run(run).guard
        left = guard.remaining_s(self._clock.monotonic())
        return (guard.owner, left) if guard.owner is not None and left else None

    def watch(self, ring: Callable[[], None], run: str | None = None) -> Callable[[], None]:
        return self._bell.watch(ring, run)

    def stats(self) -> LogStats:
        with self._lock:
            found = list(self._runs.values())
            return LogStats(
                runs=len(found),
                by_status=Counter(run.info.status for run in found),
                bytes=sum(len(json) for run in found for _, json in run.arrivals),
                last_sweep_at=self._swept_at,
            )

    def close(self) -> None:
        """Nothing is queued; what is stored stays readable for those who hold this object."""

    def _run(self, run: str) -> _Run:
        try:
            return self._runs[run]
        except KeyError:
            if run in self._gone:
                raise RunGone(f"run {run!r} was deleted or has expired") from None
            raise UnknownRun(f"there is no run {run!r}") from None
