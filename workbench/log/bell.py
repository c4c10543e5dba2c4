"""Who wants to know of changes in this process, and the ringing of them."""

import threading
from collections.abc import Callable, Iterable

__all__ = ["Bell"]

Ring = Callable[[], None]


class Bell:
    """Rings by run, so that a change of one run does not wake the followers of all others.

    Ringing takes no lock: it may set off the garbage collector, and that a forgotten follower,
    which stops watching.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._rings: dict[str | None, tuple[Ring, ...]] = {}

    def watch(self, ring: Ring, run: str | None = None) -> Callable[[], None]:
        def own() -> None:
            ring()

        with self._lock:
            self._rings[run] = (*self._rings.get(run, ()), own)

        def stop() -> None:
            with self._lock:
                left = tuple(other for other in self._rings.get(run, ()) if other is not own)
                if left:
                    self._rings[run] = left
                else:
                    self._rings.pop(run, None)

        return stop

    def ring(self, runs: Iterable[str]) -> None:
        if self._rings:
            for run in (None, *runs):
                for ring in self._rings.get(run, ()):
                    ring()

    def ring_all(self) -> None:
        for rings in list(self._rings.values()):
            for ring in rings:
                ring()
