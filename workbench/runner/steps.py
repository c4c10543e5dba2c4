"""One step of a run at a time, until it is done or somebody wishes the run to stop."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Literal, TypeVar

from workbench.errors import ProviderError

__all__ = ["Steps", "Stopped", "Wish"]

# Stop the generation; let another process go on with it; another process has gone on with it.
Wish = Literal["cancel", "handover", "lost"]
_URGENCY: dict[Wish, int] = {"cancel": 0, "handover": 1, "lost": 2}

_T = TypeVar("_T")


class Stopped(Exception):
    """A wish came first."""


class Steps:
    """Use it from one event loop only."""

    def __init__(self) -> None:
        self.wish: Wish | None = None
        self.by = ""
        self._wished = asyncio.Event()
        self._failure: ProviderError | None = None
        self._struck = asyncio.Event()

    def ask(self, wish: Wish, by: str = "") -> None:
        """Of several wishes the most urgent counts."""
        if self.wish is None or _URGENCY[wish] > _URGENCY[self.wish]:
            self.wish = wish
        self.by = by or self.by
        self._wished.set()

    def strike(self, failure: ProviderError) -> None:
        """Let the present step, or the next one, fail in this way."""
        self._failure = failure
        self._struck.set()

    def granted(self) -> None:
        """What was wished is being done; another wish may follow."""
        self._wished.clear()

    def check(self) -> None:
        if self._wished.is_set():
            raise Stopped

    async def do(
        self,
        work: Coroutine[object, object, _T],
        *,
        unless: "Callable[[], Coroutine[object, object, object]] | None" = None,
    ) -> _T:
        """Do it, unless a wish comes first; what it has done until then stays done.

        A wish to cancel lets the work go on until `unless` is done as well.
        """
        task = asyncio.ensure_future(work)
        wished = asyncio.ensure_future(self._wished.wait())
        struck = asyncio.ensure_future(self._struck.wait())
        try:
            await asyncio.wait({task, wished, struck}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and unless is not None and self.wish == "cancel":
                await self._wait_for_either(task, unless)
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        finally:
            wished.cancel()
            struck.cancel()
            task.cancel()
        if task.cancelled():
            self._fail_if_struck()
            raise Stopped
        return task.result()

    def _fail_if_struck(self) -> None:
        failure, self._failure = self._failure, None
        self._struck.clear()
        if failure is not None and not self._wished.is_set():
            raise failure

    async def _wait_for_either(
        self, task: "asyncio.Future[_T]", unless: Callable[[], Coroutine[object, object, object]]
    ) -> None:
        enough = asyncio.ensure_future(unless())
        either: set[asyncio.Future[Any]] = {task, enough}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        enough.cancel()
