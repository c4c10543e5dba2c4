"""A real log that can be taken away: what a full disk or a dead server looks like from above."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from workbench.errors import LogUnavailable
from workbench.events import Arrival, RunInfo
from workbench.log.base import Closing, Lease, Log
from workbench.log.memory import MemoryLog

__all__ = ["FlakyLog"]


class FlakyLog:
    """Delegates everything; while `is_away`, what writes or searches fails as a store's does."""

    def __init__(self, log: Log | None = None) -> None:
        self._log = log or MemoryLog()
        self.is_away = False
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def append(
        self,
        lease: Lease,
        arrivals: Sequence[Arrival],
        *,
        after: int,
        closing: Closing | None = None,
    ) -> "Future[int]":
        if not self.is_away:
            return self._log.append(lease, arrivals, after=after, closing=closing)
        self.refused += 1
        refused: Future[int] = Future()
        refused.set_exception(LogUnavailable("the store does not answer"))
        return refused

    def create(self, info: RunInfo) -> RunInfo:
        self._answer()
        return self._log.create(info)

    def runs(self, **which: Any) -> list[RunInfo]:
        self._answer()
        return self._log.runs(**which)

    def renew(self, lease: Lease) -> None:
        self._answer()
        self._log.renew(lease)

    def _answer(self) -> None:
        if self.is_away:
            raise LogUnavailable("the store does not answer")
