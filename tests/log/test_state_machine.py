"""Whatever happens in whatever order, a log does what lists would do."""

import tempfile
from abc import abstractmethod
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from tests.support.logs import arrivals, new_run, terminal
from workbench.clock import ManualClock
from workbench.errors import AppendConflict, LeaseHeld, LeaseLost, LogClosed, UnknownRun
from workbench.events import Arrival, Entry
from workbench.log.base import Closing, Lease, Log
from workbench.log.check import check
from workbench.log.disk import DiskLog
from workbench.log.memory import MemoryLog

TTL_S = 10.0


class Model:
    """One run as a list and a few numbers."""

    def __init__(self) -> None:
        self.entries: list[Arrival] = []
        self.fence = 0
        self.until: float | None = None
        self.since = 0
        self.ended = False
        self.deleted = False
        self.marks: dict[str, Any] = {}


class LogMachine(RuleBasedStateMachine):
    """Several runs, their leases old and new, and every call in any order."""

    runs = Bundle("runs")
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.models: dict[str, Model] = {}
        self.log = self.open()

    @abstractmethod
    def open(self) -> Log: ...

    @initialize(target=runs)
    def two_runs(self) -> Any:
        return multiple(self.create(), self.create())

    def create(self) -> str:
        run = new_run(self.log).id
        self.models[run] = Model()
        return run

    @rule(target=runs)
    def another_run(self) -> str:
        return self.create()

    @rule(target=leases, run=runs, owner=st.sampled_from(["a", "b"]))
    def claim(self, run: str, owner: str) -> Any:
        model = self.models[run]
        if model.deleted:
            with pytest.raises(UnknownRun):
                self.log.claim(run, owner=owner, ttl_s=TTL_S)
        elif model.ended:
            with pytest.raises(LogClosed):
                self.log.claim(run, owner=owner, ttl_s=TTL_S)
        elif model.until is not None and self.clock.monotonic() < model.until:
            with pytest.raises(LeaseHeld):
                self.log.claim(run, owner=owner, ttl_s=TTL_S)
        else:
            lease = self.log.claim(run, owner=owner, ttl_s=TTL_S)
            assert lease.fence > model.fence
            model.fence, model.since = lease.fence, len(model.entries)
            model.until = self.clock.monotonic() + TTL_S
            return lease
        return multiple()

    def holds(self, lease: Lease) -> bool:
        model = self.models[lease.run]
        return model.until is not None and model.fence == lease.fence

    @rule(lease=leases)
    def renew(self, lease: Lease) -> None:
        model = self.models[lease.run]
        if model.deleted:
            with pytest.raises(UnknownRun):
                self.log.renew(lease)
        elif self.holds(lease):
            self.log.renew(lease)
            model.until = self.clock.monotonic() + TTL_S
        else:
            with pytest.raises(LeaseLost):
                self.log.renew(lease)

    @rule(lease=leases)
    def release(self, lease: Lease) -> None:
        self.log.release(lease)
        if self.holds(lease):
            self.models[lease.run].until = None

    @rule(seconds=st.sampled_from([1.0, 4.0, 11.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(
        lease=leases,
        number=st.sampled_from([0, 1, 1, 1, 2, 30, 64, 70, 200]),
        off=st.sampled_from([0, 0, 0, 0, 0, -1, 1]),
    )
    def append(self, lease: Lease, number: int, off: int) -> None:
        model = self.models[lease.run]
        after = max(0, len(model.entries) + off)
        self.try_append(lease, arrivals(number), after, closing=None)

    @rule(lease=leases, back=st.integers(1, 200), number=st.integers(1, 80))
    def append_again(self, lease: Lease, back: int, number: int) -> None:
        model = self.models[lease.run]
        after = max(0, len(model.entries) - back)
        self.try_append(lease, model.entries[after : after + number], after, closing=None)

    @rule(lease=leases, before=st.sampled_from([0, 1, 65]))
    def close(self, lease: Lease, before: int) -> None:
        last = [*arrivals(before), terminal("failed")]
        after = len(self.models[lease.run].entries)
        self.try_append(lease, last, after, closing=Closing(status="failed", summary={"n": after}))

    def try_append(
        self, lease: Lease, sent: list[Arrival], after: int, closing: Closing | None
    ) -> None:
        model = self.models[lease.run]
        done = self.log.append(lease, sent, after=after, closing=closing)
        again = model.entries[after : after + len(sent)] == sent and bool(sent)
        if model.deleted:
            with pytest.raises(UnknownRun):
                done.result()
        elif not self.holds(lease):
            with pytest.raises(LeaseLost):
                done.result()
        elif again and after >= model.since:
            assert done.result() == after + len(sent)
        elif model.ended:
            with pytest.raises(LogClosed):
                done.result()
        elif after != len(model.entries):
            with pytest.raises(AppendConflict):
                done.result()
        else:
            assert done.result() == after + len(sent)
            model.entries += sent
            model.ended = closing is not None

    @rule(run=runs, back=st.integers(-1, 200), limit=st.sampled_from([1, 10, 1000]))
    def read(self, run: str, back: int, limit: int) -> None:
        model = self.models[run]
        after = max(0, len(model.entries) - back)
        if model.deleted:
            with pytest.raises(UnknownRun):
                self.log.read(run, after=after, limit=limit)
            return
        expected = [
            Entry(n, at, orjson.loads(json)) for n, (at, json) in enumerate(model.entries, 1)
        ][after : after + limit]
        assert self.log.read(run, after=after, limit=limit) == expected
        raw = self.log.read_raw(run, after=after, limit=limit)
        assert [Entry(**orjson.loads(one)) for one in raw] == expected

    @rule(run=runs, value=st.integers(0, 9))
    def mark(self, run: str, value: int) -> None:
        model = self.models[run]
        if model.deleted:
            with pytest.raises(UnknownRun):
                self.log.mark(run, value=value)
            return
        model.marks["value"] = value
        assert self.log.mark(run, value=value).marks == model.marks

    @rule(run=runs)
    def delete(self, run: str) -> None:
        model = self.models[run]
        if model.deleted:
            with pytest.raises(UnknownRun):
                self.log.delete(run)
        elif model.ended:
            self.log.delete(run)
            model.deleted = True
        else:
            with pytest.raises(LeaseHeld):
                self.log.delete(run)

    @invariant()
    def the_heads_agree(self) -> None:
        for run, model in self.models.items():
            if not model.deleted:
                assert self.log.head(run) == (len(model.entries), model.ended)

    @invariant()
    def the_lists_agree(self) -> None:
        there = sorted((run for run, m in self.models.items() if not m.deleted), reverse=True)
        assert [info.id for info in self.log.runs(limit=1000)] == there
        failed = [run for run in there if self.models[run].ended]
        assert [info.id for info in self.log.runs(status=["failed"], limit=1000)] == failed

    def teardown(self) -> None:
        assert check(self.log) == []
        self.log.close()


class MemoryMachine(LogMachine):
    def open(self) -> Log:
        return MemoryLog(clock=self.clock)


class DiskMachine(LogMachine):
    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="workbench-")
        self.abandoned: list[Log] = []
        super().__init__()

    def open(self) -> Log:
        return DiskLog(Path(self.folder.name) / "log", clock=self.clock)

    @rule()
    def open_again(self) -> None:
        self.log.close()
        self.log = self.open()

    @rule()
    def crash_and_open_again(self) -> None:
        """The old one is left as it is, with its threads and connections, and never used again."""
        self.abandoned.append(self.log)
        self.log = self.open()

    def teardown(self) -> None:
        super().teardown()
        for log in self.abandoned:
            log.close()
        self.folder.cleanup()


TestMemoryMachine = MemoryMachine.TestCase
TestMemoryMachine.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestDiskMachine = DiskMachine.TestCase
TestDiskMachine.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
