"""A run is measured while it goes on, for as long as it goes on, without reading it all again."""

from pathlib import Path
from typing import Any

from tests.support.logs import start
from tests.support.long_run import append_events, close_run, eventful_run
from workbench.events import Entry
from workbench.log.memory import MemoryLog
from workbench.metrics import measure
from workbench.metrics.seams import report
from workbench.service import Workbench

EVENTS = [event for _, event in eventful_run()]
STEP = 10


class CountingLog:
    """Delegates everything and counts the entries it gave away."""

    def __init__(self) -> None:
        self._log = MemoryLog()
        self.given = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def read(self, run: str, after: int = 0, limit: int = 1000) -> list[Entry]:
        entries = self._log.read(run, after=after, limit=limit)
        self.given += len(entries)
        return entries


def test_however_often_a_run_is_measured_each_entry_is_read_once(tmp_path: Path) -> None:
    log = CountingLog()
    with Workbench(tmp_path, log=log, runner=False) as wb:
        lease = start(log)
        for first in range(0, len(EVENTS) - 1, STEP):
            append_events(log, lease, EVENTS[: len(EVENTS) - 1][first : first + STEP])
            # Every page and every reader of the API makes a run of its own.
            wb.run(lease.run).metrics()
            wb.run(lease.run).seams()
        close_run(log, lease, EVENTS[-1])
        metrics, seams = wb.run(lease.run).metrics(), wb.run(lease.run).seams()
        assert log.given == len(EVENTS)
        entries = wb.run(lease.run).entries()
    assert dict(metrics) == dict(measure(entries))
    assert seams == report(entries)


def test_only_the_runs_looked_at_last_are_kept_in_mind(tmp_path: Path) -> None:
    log = CountingLog()
    with Workbench(tmp_path, log=log, runner=False) as wb:
        leases = [start(log) for _ in range(9)]
        for lease in leases:
            append_events(log, lease, EVENTS[:1])
            wb.run(lease.run).metrics()
        given = log.given
        wb.run(leases[-1].run).metrics()
        assert log.given == given
        wb.run(leases[0].run).metrics()
        assert log.given == given + 1
