"""The durable log: entries in a folder that all processes of one machine share."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from workbench.clock import Clock, SystemClock
from workbench.errors import CorruptEntry, LeaseLost, UnknownRun
from workbench.events import Arrival, Entry, RunInfo, Status
from workbench.log.base import Closing, Durability, Lease, LogStats
from workbench.log.bell import Bell
from workbench.log.doorbell import Doorbell, Listener, Means, best_means
from workbench.log.ids import check_run_id
from workbench.log.keeper import Keeper
from workbench.log.records import entries, raw_entries
from workbench.log.remains import check_deletable, forget_damaged_run
from workbench.log.rows import SWEPT
from workbench.log.rules import check_cursor, check_open
from workbench.log.runs import (
    change_run,
    count_by_status,
    create_run,
    ended_before,
    forget_run,
    guard_and_head,
    info_of,
    list_runs,
    put_guard,
    value_of,
)
from workbench.log.segments import damage, segments_after
from workbench.log.store import Glance, Sql, Store, put
from workbench.log.trouble import translated
from workbench.log.writer import Writer

__all__ = ["DiskLog"]

T = TypeVar("T", Entry, bytes)

# One read gives up its batch early rather than fill the memory with large events.
_READ_BYTES = 8 << 20


class DiskLog:
    """A log in a folder; open it once per process and share it between threads."""

    def __init__(
        self,
        folder: Path,
        *,
        durability: Durability = "normal",
        clock: Clock | None = None,
        busy_s: float = 30.0,
        means: Means | None = None,
    ) -> None:
        self.folder = Path(folder)
        self._clock = clock or SystemClock()
        self._means = means or best_means()
        self.store = Store(self.folder, durability=durability, busy_s=busy_s)
        self._keeper = Keeper(self.store)
        self._bell = Bell()
        self._doorbell = Doorbell(self.folder)
        self._writer = Writer(self.store, clock=self._clock, committed=self._committed)
        self._closed = False
        self._listener: Listener | None = None
        self._listening = threading.Lock()

    def create(self, info: RunInfo) -> RunInfo:
        check_run_id(info.id)
        with self._changing(info.id) as sql:
            return create_run(sql, info)

    def info(self, run: str) -> RunInfo:
        with self.store.snapshot() as sql:
            return info_of(sql, run)

    def runs(
        self, *, status: Sequence[Status] | None = None, limit: int = 50, before: str | None = None
    ) -> list[RunInfo]:
        with self.store.snapshot() as sql:
            return list_runs(sql, status, limit, before)

    def mark(self, run: str, **marks: Any) -> RunInfo:
        with self._changing(run) as sql:
            return change_run(sql, run, marks={**info_of(sql, run).marks, **marks})

    def set_status(self, lease: Lease, status: Status) -> None:
        check_open(status)
        with self._changing(lease.run) as sql:
            guard, head = guard_and_head(sql, lease.run)
            guard.check(lease)
            if guard.ended:
                raise guard.refusal(lease.run, after=head, head=head)
            change_run(sql, lease.run, status=status)

    def append(
        self,
        lease: Lease,
        arrivals: Sequence[Arrival],
        *,
        after: int,
        closing: Closing | None = None,
    ) -> "Future[int]":
        return self._writer.append(lease, arrivals, after, closing)

    def read(self, run: str, *, after: int = 0, limit: int = 1000) -> list[Entry]:
        return self._read(entries, run, after, limit)

    def read_raw(self, run: str, *, after: int = 0, limit: int = 1000) -> list[bytes]:
        return self._read(raw_entries, run, after, limit)

    def _read(
        self, decode: Callable[[int, bytes], list[T]], run: str, after: int, limit: int
    ) -> list[T]:
        check_cursor(after)
        found: list[T] = []
        size = 0
        with self.store.reading() as sql:
            with segments_after(sql, run, after) as segments:
                for segment in segments:
                    try:
                        found += _following(decode(*segment), segment.last, after + len(found))
                    except (ValueError, TypeError) as error:
                        if found:
                            break  # what is whole before the damage is read first
                        raise damage(sql, run, segment, error) from error
                    size += len(segment.value)
                    if len(found) >= limit or size > _READ_BYTES:
                        break
            if not found:
                guard_and_head(sql, run)  # an unknown run is an error, an empty one is not
        return found[:limit] if len(found) > limit else found

    def head(self, run: str) -> tuple[int, bool]:
        with self.store.reading() as sql:
            guard, head = guard_and_head(sql, run)
        return head, guard.ended

    def delete(self, run: str) -> None:
        with self._changing(run) as sql:
            check_deletable(sql, run, self._clock.monotonic())
            try:
                forget_run(sql, run)
            except (CorruptEntry, UnknownRun):
                forget_damaged_run(sql, run)

    def sweep(self, *, older_than_s: float) -> int:
        """A transaction for each run: appends find their turn in between."""
        now = self._clock.now()
        with self.store.reading() as sql:
            old = ended_before(sql, now - older_than_s)
        swept = 0
        for run in old:
            # Somebody else swept it, or its row is damaged, which the check reports.
            with suppress(UnknownRun, CorruptEntry), self._changing(run) as sql:
                forget_run(sql, run)
                swept += 1
        with self.store.writing() as sql:
            put(sql, SWEPT, b"%a" % now)
        return swept

    def claim(self, run: str, *, owner: str, ttl_s: float) -> Lease:
        with self.store.writing() as sql:
            guard, head = guard_and_head(sql, run)
            now = self._clock.monotonic()
            guard = guard.claimed(run, owner=owner, ttl_s=ttl_s, now=now, head=head)
            put_guard(sql, run, guard)
        return Lease(run=run, owner=owner, fence=guard.fence, ttl_s=ttl_s)

    def renew(self, lease: Lease) -> None:
        with self.store.writing() as sql:
            guard, _ = guard_and_head(sql, lease.run)
            put_guard(sql, lease.run, guard.renewed(lease, self._clock.monotonic()))

    def release(self, lease: Lease) -> None:
        with suppress(LeaseLost, UnknownRun), self._changing(lease.run) as sql:
            guard, _ = guard_and_head(sql, lease.run)
            put_guard(sql, lease.run, guard.released(lease))

    def holder(self, run: str) -> tuple[str, float] | None:
        with self.store.reading() as sql:
            guard, _ = guard_and_head(sql, run)
        left = guard.remaining_s(self._clock.monotonic())
        return (guard.owner, left) if guard.owner is not None and left else None

    def watch(self, ring: Callable[[], None], run: str | None = None) -> Callable[[], None]:
        self.store.check_alive()
        with self._listening, translated(self.folder):
            if self._listener is None:
                self._listener = Listener(
                    self._doorbell, means=self._means, changed=self._heard, look=Glance(self.store)
                )
        return self._bell.watch(ring, run)

    def stats(self) -> LogStats:
        with self.store.snapshot() as sql:
            by_status = count_by_status(sql)
            swept = value_of(sql, SWEPT)
        files = [self.folder / name for name in ("cache.db", "cache.db-wal")]
        return LogStats(
            runs=sum(by_status.values()),
            by_status=by_status,
            bytes=sum(file.stat().st_size for file in files if file.exists()),
            last_sweep_at=float(swept) if swept else None,
            folder=str(self.folder),
        )

    def close(self) -> None:
        if self._closed or self.store.is_forked:
            return
        self._closed = True
        self._writer.close()
        self._keeper.close()
        with self._listening:
            if self._listener is not None:
                self._listener.close()
        self.store.close()
        self._doorbell.close()
        self._bell.ring_all()  # whoever waits reads once more, and is told

    @contextmanager
    def _changing(self, run: str) -> Iterator[Sql]:
        with self.store.writing() as sql:
            yield sql
        self._committed([run], 0)

    def _committed(self, runs: Iterable[str], size: int) -> None:
        self._doorbell.ring(runs)
        self._keeper.committed(size)
        self._bell.ring(runs)

    def _heard(self, runs: set[str] | None) -> None:
        if runs is None:
            self._bell.ring_all()
        else:
            self._bell.ring(runs)


def _following(found: list[T], last: int, cursor: int) -> list[T]:
    """What of a segment follows a cursor, and follows it directly."""
    start = cursor - (last - len(found))
    if start < 0:
        raise ValueError("the entries before them are missing")
    return found[start:] if start else found
