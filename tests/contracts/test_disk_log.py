"""The disk log keeps the log's promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.follow_contract import FollowContract
from tests.contracts.lease_contract import LeaseContract
from tests.contracts.log_contract import ClosingContract, EntriesContract, LogContract
from tests.contracts.runs_contract import RunsContract, WatchContract
from workbench.clock import ManualClock
from workbench.log.base import Log
from workbench.log.disk import DiskLog


class _Disk(LogContract):
    @pytest.fixture
    def log(self, clock: ManualClock, tmp_path: Path) -> Iterator[Log]:
        log = DiskLog(tmp_path / "log", clock=clock)
        yield log
        log.close()


class TestEntries(_Disk, EntriesContract): ...


class TestClosing(_Disk, ClosingContract): ...


class TestRuns(_Disk, RunsContract): ...


class TestLeases(_Disk, LeaseContract): ...


class TestWatching(_Disk, WatchContract): ...


class TestFollowing(_Disk, FollowContract): ...


class TestWithFullDurability(_Disk, EntriesContract):
    @pytest.fixture
    def log(self, clock: ManualClock, tmp_path: Path) -> Iterator[Log]:
        log = DiskLog(tmp_path / "log", clock=clock, durability="full")
        yield log
        log.close()
