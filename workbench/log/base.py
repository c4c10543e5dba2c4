"""The log: what it promises, whoever implements it.

1. Cursors are dense from 1 within a run; 0 means "before the first". Reading after N gives
   N+1, N+2, … and nothing else, however often it is asked, in whatever process.
2. An append is atomic, and its future resolves only when it survives `kill -9`
   (with durability "full": power loss).
3. One writer: an append carries the fence of its lease; an older fence is refused with
   LeaseLost and writes nothing. An append repeated with the same fence and `after` is
   acknowledged again and stored once.
4. A log is closed exactly once, by its terminal entry, in the same transaction as its status
   and summary. After that every append is refused with LogClosed.
5. Nothing is evicted. Entries leave only by expiry of an ended run or by deletion, whole
   runs at a time.
6. Cost is flat: append, read and head cost the same whatever else the store holds.
7. A follower learns of an append within a millisecond (median), in this or another process,
   and costs nothing measurable while idle.

The methods block (they are a few microseconds of SQLite) and may be called from any thread.
Only `append` returns a future. Called from a thread it may commit by itself before it returns;
called from an event loop it never blocks.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from workbench.events import Arrival, Entry, RunInfo, Status

__all__ = ["Closing", "Durability", "Lease", "Log", "LogStats"]

Durability = Literal["normal", "full"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to append to one run for a while; its fence makes an old holder harmless."""

    run: str
    owner: str
    fence: int
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What an append carries when its last arrival is the terminal one."""

    status: Status
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStats:
    """The store as a whole."""

    runs: int
    by_status: Mapping[str, int]
    bytes: int
    last_sweep_at: float | None
    folder: str | None = None


class Log(Protocol):
    def create(self, info: RunInfo) -> RunInfo:
        """Store a new run; when `info.key` is taken already, return the run that took it.

        The id is made by the caller (log/ids.py); creating it twice returns the first.
        """

    def info(self, run: str) -> RunInfo:
        """The row of a run with its current cursor; UnknownRun when there is none."""

    def runs(
        self, *, status: Sequence[Status] | None = None, limit: int = 50, before: str | None = None
    ) -> list[RunInfo]:
        """Newest first, which is the order of the ids, backwards.

        `before` is the id of the last run of the previous page; it may be gone meanwhile.
        """

    def mark(self, run: str, **marks: Any) -> RunInfo:
        """Merge wishes into the row of a run and ring the bell; needs no lease."""

    def set_status(self, lease: Lease, status: Status) -> None:
        """Change the status of a run that has not ended; ends are written by append alone."""

    def append(
        self,
        lease: Lease,
        arrivals: Sequence[Arrival],
        *,
        after: int,
        closing: Closing | None = None,
    ) -> "Future[int]":
        """Store arrivals as entries after+1, after+2, … and resolve to the new head.

        `after` is the head the writer believes in; another head is AppendConflict, unless
        these very entries are already stored under this fence, which is acknowledged again.
        Arrivals hold JSON that orjson accepts. Appends of one caller are kept in order.
        """

    def read(self, run: str, *, after: int = 0, limit: int = 1000) -> list[Entry]:
        """The entries after a cursor, at most `limit`; empty only when there are none yet."""

    def read_raw(self, run: str, *, after: int = 0, limit: int = 1000) -> list[bytes]:
        """The same, each as the JSON object {"cursor", "at", "event"}, undecoded."""

    def head(self, run: str) -> tuple[int, bool]:
        """The last cursor, and whether the run has ended."""

    def delete(self, run: str) -> None:
        """Forget an ended run and all its entries; a live one is LeaseHeld."""

    def sweep(self, *, older_than_s: float) -> int:
        """Delete runs that ended longer ago than that; how many."""

    def claim(self, run: str, *, owner: str, ttl_s: float) -> Lease:
        """Take the lease when it is free or has run out, with a higher fence; else LeaseHeld.

        LogClosed when the run has ended.
        """

    def renew(self, lease: Lease) -> None:
        """Keep the lease for another ttl; LeaseLost when somebody has taken it."""

    def release(self, lease: Lease) -> None:
        """Give the lease back; nothing happens when it is lost already."""

    def holder(self, run: str) -> tuple[str, float] | None:
        """Who holds the lease and for how many more seconds; None when it is free."""

    def watch(self, ring: Callable[[], None], run: str | None = None) -> Callable[[], None]:
        """Call `ring` from some thread after any change by any process; returns the stop.

        With a run: only after changes of that run, though a spare ring is always allowed.
        `ring` must return at once and must not raise.
        """

    def stats(self) -> LogStats:
        """Counts and sizes of the whole store."""

    def close(self) -> None:
        """Finish what is queued and let go of the store."""
