"""Faults that change how bytes are written: pieces of them, late, or in blocks. Pure."""

from collections.abc import Sequence

from workbench.simulator.actions import Send
from workbench.simulator.faults import Fault

__all__ = ["Pacer"]


class Pacer:
    """Turns bytes into writes, each with its moment."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        by_kind = {fault.kind: fault for fault in faults}
        split, buffer = by_kind.get("split"), by_kind.get("buffer")
        self._split = int(split.number("bytes")) if split else 0
        self._block_s = buffer.number("seconds") if buffer else 0.0
        self._held: list[bytes] = []
        self._free_at = 0.0  # no write is due before the one ahead of it
        self._slow_left = 0
        self._slow_bytes = 1
        self._slow_every_s = 0.0
        self.release_at: float | None = None

    def trickle(self, fault: Fault) -> None:
        """From here on, for a while."""
        self._slow_left = int(fault.number("length"))
        self._slow_bytes = int(fault.number("bytes"))
        self._slow_every_s = fault.number("every")

    def write(self, due: float, data: bytes) -> list[Send]:
        if self._block_s:
            self._held.append(data)
            if self.release_at is None:
                self.release_at = due + self._block_s
            return self.release(due) if due >= self.release_at else []
        return self._paced(due, data)

    def release(self, due: float) -> list[Send]:
        """What was held back, in one block."""
        held, self.release_at = b"".join(self._held), None
        self._held.clear()
        return self._paced(due, held) if held else []

    def _paced(self, due: float, data: bytes) -> list[Send]:
        self._free_at = max(self._free_at, due)
        out = []
        at = 0
        while at < len(data):
            size = self._split or len(data) - at
            if self._slow_left > 0:
                size = min(self._slow_bytes, size)
                self._free_at += self._slow_every_s
                self._slow_left -= size
            out.append(Send(self._free_at, data[at : at + size]))
            at += size
        return out
