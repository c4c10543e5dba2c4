"""How the runs of a folder fared. An ended run never changes, so it is measured once."""

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from workbench.metrics import measure
from workbench.metrics.health import Point, health, point

if TYPE_CHECKING:
    from workbench.service.run import Run

__all__ = ["HealthMemory"]

_REMEMBERED = 5000


class HealthMemory:
    """Measures runs for the health of their folder, and remembers the ended ones."""

    def __init__(self) -> None:
        self._points: OrderedDict[str, Point] = OrderedDict()

    def of(self, runs: "list[Run]", *, now: float, bucket_s: float) -> dict[str, Any]:
        return health([self._point(run) for run in runs], now=now, bucket_s=bucket_s)

    def _point(self, run: "Run") -> Point:
        known = self._points.get(run.id)
        if known is not None:
            return known
        info = run.info
        made = point(info, measure(run.entries()))
        if info.is_ended:
            self._points[run.id] = made
            if len(self._points) > _REMEMBERED:
                self._points.popitem(last=False)
        return made
