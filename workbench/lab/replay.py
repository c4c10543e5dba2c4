"""Replay: the entries of a run again, in order, at their own pace or any other.

Every entry is due at a moment counted from the first one, so being late once does not make the
rest late. Speed 0 waits for nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from workbench.errors import InvalidCursor, InvalidSetting
from workbench.events import Entry

__all__ = ["Replay"]


class Replay:
    """Iterate it with `for` or `async for`; each iteration begins anew.

    The entries after cursor `after` up to and with cursor `until`. `speed` 2 is twice as fast,
    0 at once. A pause longer than `longest_pause_s` is cut to it, when that is given.
    """

    def __init__(
        self,
        entries: Iterable[Entry] | Callable[[], Iterable[Entry]],
        *,
        speed: float = 1.0,
        after: int = 0,
        until: int | None = None,
        longest_pause_s: float | None = None,
    ) -> None:
        if speed < 0:
            raise InvalidSetting(f"a replay's speed is 0 (at once) or more, got {speed:g}")
        if after < 0 or (until is not None and until < after):
            raise InvalidCursor(f"a replay goes forward: after {after}, until {until}")
        self._read = entries if callable(entries) else lambda: entries
        self.speed = speed
        self.after = after
        self.until = until
        self.longest_pause_s = longest_pause_s

    def timed(self) -> Iterator[tuple[float, Entry]]:
        """Every entry with the seconds after the start of the replay at which it is due."""
        due, before = 0.0, None
        for entry in self._range():
            if before is not None and self.speed:
                # Clocks of two processes may disagree; time never runs backwards here.
                pause = max(entry.at - before, 0.0) / self.speed
                if self.longest_pause_s is not None:
                    pause = min(pause, self.longest_pause_s)
                due += pause
            before = entry.at
            yield due, entry

    def __iter__(self) -> Iterator[Entry]:
        began = time.monotonic()
        for due, entry in self.timed():
            if (left := began + due - time.monotonic()) > 0:
                time.sleep(left)
            yield entry

    async def __aiter__(self) -> AsyncIterator[Entry]:
        began = time.monotonic()
        for due, entry in self.timed():
            if (left := began + due - time.monotonic()) > 0:
                await asyncio.sleep(left)
            yield entry

    def _range(self) -> Iterator[Entry]:
        for entry in self._read():
            if self.until is not None and entry.cursor > self.until:
                return
            if entry.cursor > self.after:
                yield entry
