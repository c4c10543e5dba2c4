"""The memory log keeps the log's promises."""

import pytest

from tests.contracts.follow_contract import FollowContract
from tests.contracts.lease_contract import LeaseContract
from tests.contracts.log_contract import ClosingContract, EntriesContract, LogContract
from tests.contracts.runs_contract import RunsContract, WatchContract
from workbench.clock import ManualClock
from workbench.log.base import Log
from workbench.log.memory import MemoryLog


class _Memory(LogContract):
    @pytest.fixture
    def log(self, clock: ManualClock) -> Log:
        return MemoryLog(clock=clock)


class TestEntries(_Memory, EntriesContract): ...


class TestClosing(_Memory, ClosingContract): ...


class TestRuns(_Memory, RunsContract): ...


class TestLeases(_Memory, LeaseContract): ...


class TestWatching(_Memory, WatchContract): ...


class TestFollowing(_Memory, FollowContract): ...
