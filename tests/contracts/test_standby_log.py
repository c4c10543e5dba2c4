"""The standby log keeps the log's promises, for the runs of its store and for sheltered ones."""

import pytest

from tests.contracts.lease_contract import LeaseContract
from tests.contracts.log_contract import ClosingContract, EntriesContract, LogContract
from tests.contracts.runs_contract import RunsContract, WatchContract
from tests.support.logs import close, new_run, start
from workbench.clock import ManualClock
from workbench.events import RunInfo, RunRequest
from workbench.log.base import Log
from workbench.log.memory import MemoryLog
from workbench.log.standby import StandbyLog


class _Sheltering(StandbyLog):
    def create(self, info: RunInfo) -> RunInfo:
        return self.shelter(info)


class _Standby(LogContract):
    @pytest.fixture(params=[StandbyLog, _Sheltering], ids=["stored", "sheltered"])
    def log(self, clock: ManualClock, request: pytest.FixtureRequest) -> Log:
        log: Log = request.param(MemoryLog(clock=clock), clock=clock)
        return log


class TestEntries(_Standby, EntriesContract): ...


class TestClosing(_Standby, ClosingContract): ...


class TestRuns(_Standby, RunsContract): ...


class TestLeases(_Standby, LeaseContract): ...


class TestWatching(_Standby, WatchContract): ...


def test_stored_and_sheltered_runs_are_listed_together(clock: ManualClock) -> None:
    store = MemoryLog(clock=clock)
    log = StandbyLog(store, clock=clock)
    for number in range(6):
        info = RunInfo(id=f"r{number}", created_at=0.0, request=RunRequest(input="Go"))
        log.shelter(info) if number % 2 else log.create(info)
    assert [info.id for info in log.runs(limit=4)] == ["r5", "r4", "r3", "r2"]
    assert [info.id for info in log.runs(before="r2")] == ["r1", "r0"]
    assert [info.id for info in store.runs()] == ["r4", "r2", "r0"]
    assert log.stats().by_status == {"queued": 6}
    close(log, start(log))
    assert new_run(log).id in {info.id for info in store.runs()}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
