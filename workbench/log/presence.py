"""Whether any other process listens for the bell, known without a system call.

Each listening process keeps a slot of a small shared file up to date with the time. A slot not
renewed for a while is free: nothing is left behind by a process that was killed. The clock is
the monotonic one, which all processes of a machine share.
"""

import mmap
import os
import random
import time
from pathlib import Path

__all__ = ["Presence"]

_SLOTS = 32
_FRESH_S = 3.0
_OVERFLOW = 0  # shared by all who found no free slot


class Presence:
    """The slots, as one process sees them."""

    def __init__(self, folder: Path) -> None:
        file = os.open(folder / "ears", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(file).st_size < 8 * _SLOTS:
                os.ftruncate(file, 8 * _SLOTS)
            self._map = mmap.mmap(file, 8 * _SLOTS)
        finally:
            os.close(file)
        self._times: memoryview[float] = memoryview(self._map).cast("d")
        self._own: int | None = None

    def others_listen(self) -> bool:
        times: list[float] = list(self._times)
        if self._own:
            times[self._own] = 0.0
        now = time.monotonic()
        if max(times) <= now - _FRESH_S:
            return False
        # A time in the future was written before the machine was started again.
        return any(now - _FRESH_S < at <= now for at in times)

    def listen(self) -> None:
        """To be called again at least every second."""
        now = time.monotonic()
        if self._own is None:
            free = [
                slot
                for slot, at in enumerate(self._times)
                if slot != _OVERFLOW and not now - _FRESH_S < at <= now
            ]
            # By chance, so that two processes at once hardly choose the same; if they do, each
            # takes the other for itself, and hears what it missed by looking.
            self._own = random.choice(free) if free else _OVERFLOW
        self._times[self._own] = now

    def leave(self) -> None:
        if self._own:
            self._times[self._own] = 0.0
        self._own = None

    def close(self) -> None:
        self.leave()
        self._times.release()
        self._map.close()
