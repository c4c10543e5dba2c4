"""What may be claimed and appended: the rules every log shares, without any storage."""

from dataclasses import dataclass, replace

from workbench.errors import (
    AppendConflict,
    InvalidCursor,
    InvalidSetting,
    LeaseHeld,
    LeaseLost,
    LogClosed,
)
from workbench.events import ENDED, Status
from workbench.log.base import Closing, Lease

__all__ = ["Guard", "check_closing", "check_cursor", "check_open"]


def check_cursor(after: int) -> None:
    if after < 0:
        raise InvalidCursor(f"cursor {after} is before the start of every log; 0 is the start")


def check_open(status: Status) -> None:
    if status in ENDED:
        raise InvalidSetting(f"{status} is an end: it is written by the append that closes the log")


def check_closing(closing: Closing | None, count: int) -> None:
    if closing is None:
        return
    if closing.status not in ENDED:
        raise InvalidSetting(f"{closing.status} is not an end, so it cannot close a log")
    if not count:
        raise InvalidSetting("a log is closed by its terminal entry, and this append holds none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Who may append to one run, and whether anybody still may.

    Deadlines are monotonic: a jump of the wall clock neither ends a lease nor prolongs one.
    A monotonic clock starts again with the machine, so a deadline further off than its own
    lease lasts was written before a restart, and its holder is gone.
    """

    fence: int = 0
    owner: str | None = None
    until: float = 0.0
    ttl_s: float = 0.0
    since: int = 0  # the head when this fence was taken: all that follows was written under it
    ended: bool = False

    def remaining_s(self, now: float) -> float:
        left = self.until - now
        return left if self.owner is not None and 0 < left <= self.ttl_s else 0.0

    def claimed(self, run: str, *, owner: str, ttl_s: float, now: float, head: int) -> "Guard":
        if self.ended:
            raise LogClosed(f"run {run} has ended; there is nothing left to write")
        if left := self.remaining_s(now):
            raise LeaseHeld(
                f"{self.owner} writes run {run} for another {left:.1f} s",
                owner=self.owner or "",
                remaining_s=left,
            )
        return Guard(fence=self.fence + 1, owner=owner, until=now + ttl_s, ttl_s=ttl_s, since=head)

    def renewed(self, lease: Lease, now: float) -> "Guard":
        self.check(lease)
        return replace(self, until=now + lease.ttl_s, ttl_s=lease.ttl_s)

    def released(self, lease: Lease) -> "Guard":
        self.check(lease)
        return replace(self, owner=None, until=0.0)

    def closed(self) -> "Guard":
        return replace(self, ended=True)

    def check(self, lease: Lease) -> None:
        """A lease that merely ran out still writes: nobody else has taken it."""
        if lease.fence != self.fence or self.owner is None:
            taken = f"{self.owner} has taken it" if self.owner else "it was given back"
            raise LeaseLost(f"the lease of {lease.owner} on run {lease.run} is over: {taken}")

    def admits(self, lease: Lease, *, after: int, count: int, head: int) -> bool:
        """True to store; False when it may be stored already, which the caller must compare."""
        self.check(lease)
        check_cursor(after)
        if after == head and not self.ended:
            return True
        if count and self.since <= after and after + count <= head:
            return False
        raise self.refusal(lease.run, after=after, head=head)

    def live(self, run: str, now: float) -> LeaseHeld:
        """Why a run that has not ended cannot be deleted."""
        left = self.remaining_s(now)
        by = f": {self.owner} writes it" if left else ""
        return LeaseHeld(
            f"run {run} has not ended{by}; cancel it first",
            owner=self.owner or "",
            remaining_s=left,
        )

    def refusal(self, run: str, *, after: int, head: int) -> LogClosed | AppendConflict:
        if self.ended:
            return LogClosed(f"run {run} has ended at cursor {head}")
        return AppendConflict(f"run {run} is at cursor {head}, not at {after}")
