"""How the runs of a folder fared. An ended run never changes, so it is measured once."""

from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from workbench.errors import CorruptEntry, RunGone
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
        points = []
        for run in runs:
            with suppress(RunGone):  # deleted since it was listed
                points.append(self._point(run))
        return health(points, now=now, bucket_s=bucket_s)

    def _point(self, run: "Run") -> Point:
        known = self._points.get(run.id)
        if known is not None:
            return known
        info = run.info
        try:
            made = point(info, measure(run.entries()))
        except CorruptEntry:
            # Its status is known all the same, and the other runs are not its fault.
            made = Point(at=info.created_at, status=info.status)
        if info.is_ended:
            self._points[run.id] = made
            if len(self._points) > _REMEMBERED:
                self._points.popitem(last=False)
        return made
