"""Time: wall clock anchored once, advanced by the monotonic clock.

A wall clock may jump; what is stamped by it alone can run backwards. Anchoring once per
process and adding monotonic seconds gives stamps that are comparable across processes to
the quality of the wall clock, and never decrease within one.
"""

import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "ManualClock", "SystemClock"]

_SLEPT_S = 1.0


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch; never decreases within one process."""

    def monotonic(self) -> float:
        """Seconds of a clock that only advances; meaningful only as a difference."""


class SystemClock:
    """The clock of this process."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._anchor = wall() - monotonic()

    def now(self) -> float:
        at = self._anchor + self._monotonic()
        wall = self._wall()
        if wall - at > _SLEPT_S:
            # The monotonic clock stands still while a machine sleeps. Time may leap forward here,
            # but a wall clock that is set back moves nothing.
            self._anchor, at = wall - self._monotonic(), wall
        return at

    def monotonic(self) -> float:
        return self._monotonic()


class ManualClock:
    """A clock for tests: it moves only when told to."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self._now = start
        self._start = start

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now - self._start

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError(f"a clock advances, got {seconds}")
        self._now += seconds
