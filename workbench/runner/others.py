"""The runs that other runners carry: how long to leave each of them alone."""

from collections.abc import Iterable

from workbench.clock import Clock
from workbench.events import RunInfo

__all__ = ["Others"]


class Others:
    """Leases are believed in until they run out, or until their holder says to have let go."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, tuple[float, object]] = {}

    def leave(self, info: RunInfo, seconds: float, *, renew: bool = True) -> None:
        if renew or info.id not in self._until:
            self._until[info.id] = (self._clock.monotonic() + seconds, _handed_over(info))

    def remaining_s(self, info: RunInfo) -> float:
        until, handed_over = self._until.get(info.id, (0.0, None))
        if handed_over != _handed_over(info):
            return 0.0
        return until - self._clock.monotonic()

    def next_s(self) -> float:
        """Until the first of these leases runs out; 0 or less when one has already."""
        ends = [until for until, _ in self._until.values()]
        return min(ends, default=float("inf")) - self._clock.monotonic()

    def keep(self, runs: Iterable[str]) -> None:
        """Forget all others: they have ended, or are gone."""
        live = set(runs)
        self._until = {run: until for run, until in self._until.items() if run in live}


def _handed_over(info: RunInfo) -> object:
    return info.marks.get("handed_over_at")
