"""Clocks that jump, and machines that restart."""

from pathlib import Path

import pytest

from tests.support.logs import start, terminal
from workbench.clock import ManualClock
from workbench.errors import LeaseHeld
from workbench.events import Arrival
from workbench.log.base import Closing
from workbench.log.disk import DiskLog


def test_a_wall_clock_that_jumps_back_changes_neither_order_nor_leases(folder: Path) -> None:
    class Jumpy(ManualClock):
        """A wall clock that somebody sets; the monotonic one goes on."""

        shift = 0.0

        def now(self) -> float:
            return super().now() + self.shift

    clock = Jumpy()
    log = DiskLog(folder, clock=clock)
    lease = start(log, ttl_s=30)
    log.append(lease, [Arrival(clock.now(), b"{}")], after=0).result()
    clock.shift = -86_400.0
    log.append(lease, [Arrival(clock.now(), b"{}")], after=1).result()
    clock.advance(20)
    with pytest.raises(LeaseHeld):
        log.claim(lease.run, owner="second", ttl_s=30)
    clock.shift = 86_400.0
    with pytest.raises(LeaseHeld):
        log.claim(lease.run, owner="second", ttl_s=30)
    clock.advance(11)
    second = log.claim(lease.run, owner="second", ttl_s=30)
    clock.shift = -86_400.0
    end = Closing(status="completed")
    log.append(second, [terminal()], after=2, closing=end).result()
    assert [entry.cursor for entry in log.read(lease.run)] == [1, 2, 3]
    assert log.sweep(older_than_s=60) == 0
    log.close()


def test_a_lease_from_before_a_restart_of_the_machine_is_free(folder: Path) -> None:
    """The monotonic clock began again, so the old deadline lies far in the future."""
    clock = ManualClock()
    clock.advance(500_000)
    log = DiskLog(folder, clock=clock)
    lease = start(log, ttl_s=30)
    log.close()
    log = DiskLog(folder, clock=ManualClock())
    assert log.holder(lease.run) is None
    assert log.claim(lease.run, owner="second", ttl_s=30).fence > lease.fence
    log.close()
