"""What there is to carry: the runs that have not ended, and which of them to leave alone."""

import asyncio
import logging
from collections.abc import Collection, Iterable
from typing import Final

from workbench.clock import Clock
from workbench.errors import LogUnavailable
from workbench.events import RunInfo, Status
from workbench.log.base import Log
from workbench.runner.blocking import Blocking
from workbench.runner.others import Others

__all__ = ["Search"]

_logger = logging.getLogger(__name__)

# The process that started a run has its keys and its simulator at hand: it may claim it first,
# and gets the time that loading a provider takes on a busy machine.
_COURTESY_S = 3.0
# An import takes its lease within this time, or whoever began it is gone.
_IMPORT_S = 60.0
_LIVE: Final[tuple[Status, ...]] = ("queued", "in_progress")
_MOST_LIVE = 1000


class Search:
    def __init__(self, log: Log, clock: Clock, blocking: Blocking) -> None:
        self.ours: set[str] = set()  # started here and not yet claimed
        self.others = Others(clock)
        self._log = log
        self._clock = clock
        self._blocking = blocking
        self._is_store_away = False

    async def live(self, carried: Collection[str]) -> list[RunInfo]:
        """All runs that have not ended; of a store that does not answer, those we know of."""
        try:
            live = await self._blocking(self._log.runs, status=_LIVE, limit=_MOST_LIVE)
        except LogUnavailable as error:
            if not self._is_store_away:
                _logger.warning("Cannot look for runs: %s", error)
            self._is_store_away = True
            known = [self._blocking(self._log.info, run) for run in {*self.ours, *carried}]
            found = await asyncio.gather(*known, return_exceptions=True)
            return [info for info in found if isinstance(info, RunInfo) and not info.is_ended]
        self._is_store_away = False
        return live

    def split(self, free: Iterable[RunInfo]) -> tuple[list[RunInfo], list[RunInfo]]:
        """The runs that nobody here carries: what may be claimed now, and what perhaps later."""
        now: list[RunInfo] = []
        later: list[RunInfo] = []
        known = list(free)
        for info in known:
            if self._is_importing(info):
                continue
            is_fresh = info.status == "queued" and not info.marks.get("unclaimed")
            if is_fresh and info.id not in self.ours:
                self.others.leave(info, _COURTESY_S, renew=False)
            (now if self.others.remaining_s(info) <= 0 else later).append(info)
        self.others.keep(info.id for info in known)
        return now, later

    def _is_importing(self, info: RunInfo) -> bool:
        """Somebody writes this run from a file, who has had no time to take its lease yet."""
        since = info.marks.get("imported_at")
        return since is not None and self._clock.now() - since < _IMPORT_S
