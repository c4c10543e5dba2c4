"""Runs measured while they go on: each entry is looked at once, however often a page asks."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from workbench.metrics.measuring import Metrics, measure_trace
from workbench.metrics.seams import SeamReport, report_trace
from workbench.metrics.trace import Tracer

if TYPE_CHECKING:
    from workbench.service.run import Run

__all__ = ["Measuring"]

# A trace of a long run is megabytes, and few runs are looked at at a time.
_HELD = 8


class _Held:
    """What has been seen of one run, and what was last made of it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.metrics: Metrics | None = None
        self.seams: SeamReport | None = None
        self._tracer = Tracer()

    def catch_up(self, run: "Run") -> Tracer:
        entries = run.entries(after=self._tracer.cursor)
        for entry in entries:
            self._tracer.add(entry)
        if entries:
            self.metrics = self.seams = None
        return self._tracer


class Measuring:
    """The runs that were asked for last."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def metrics(self, run: "Run") -> Metrics:
        held = self._of(run)
        with held.lock:
            tracer = held.catch_up(run)
            if held.metrics is None:
                held.metrics = measure_trace(tracer.trace())
            return held.metrics

    def seams(self, run: "Run") -> SeamReport:
        held = self._of(run)
        with held.lock:
            tracer = held.catch_up(run)
            if held.seams is None:
                held.seams = report_trace(tracer.trace())
            return held.seams

    def _of(self, run: "Run") -> _Held:
        with self._lock:
            held = self._held.setdefault(run.id, _Held())
            self._held.move_to_end(run.id)
            while len(self._held) > _HELD:
                self._held.popitem(last=False)
            return held
