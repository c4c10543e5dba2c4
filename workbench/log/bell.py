"""Who wants to know of changes in this process, and the ringing of them."""

import threading
from collections.abc import Callable, Iterable

__all__ = ["Bell"]

Ring = Callable[[], None]


class Bell:
    """Rings by run, so that a change of one run does not wake the followers of all others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rings: dict[str | None, list[Ring]] = {}

    def watch(self, ring: Ring, run: str | None = None) -> Callable[[], None]:
        with self._lock:
            self._rings.setdefault(run, []).append(ring)

        def stop() -> None:
            with self._lock:
                rings = self._rings.get(run, [])
                if ring in rings:
                    rings.remove(ring)
                if not rings:
                    self._rings.pop(run, None)

        return stop

    def ring(self, runs: Iterable[str]) -> None:
        with self._lock:
            if not self._rings:
                return
            wanted = [ring for name in (None, *runs) for ring in self._rings.get(name, ())]
        for ring in wanted:
            ring()

    def ring_all(self) -> None:
        with self._lock:
            wanted = [ring for rings in self._rings.values() for ring in rings]
        for ring in wanted:
            ring()

    @property
    def is_watched(self) -> bool:
        return bool(self._rings)
