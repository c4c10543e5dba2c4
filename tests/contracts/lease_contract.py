"""Who may write a run, and for how long. A subclass names the log under test."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contracts.log_contract import LogContract
from tests.support.logs import arrivals, close, new_run, start
from workbench.clock import ManualClock
from workbench.errors import LeaseHeld, LeaseLost, LogClosed
from workbench.log.base import Log


def holder(log: Log, run: str) -> tuple[str, float]:
    held = log.holder(run)
    assert held is not None, f"nobody holds {run}"
    return held[0], round(held[1], 6)


class LeaseContract(LogContract):
    def test_one_owner_at_a_time(self, log: Log) -> None:
        lease = start(log, owner="first", ttl_s=30)
        with pytest.raises(LeaseHeld) as held:
            log.claim(lease.run, owner="second", ttl_s=30)
        assert held.value.owner == "first"
        assert 0 < held.value.remaining_s <= 30

    def test_the_holder_is_known_while_the_lease_lasts(self, log: Log, clock: ManualClock) -> None:
        lease = start(log, owner="first", ttl_s=30)
        clock.advance(10)
        assert holder(log, lease.run) == ("first", 20.0)
        clock.advance(20)
        assert log.holder(lease.run) is None

    def test_renewing_keeps_the_lease(self, log: Log, clock: ManualClock) -> None:
        lease = start(log, ttl_s=30)
        for _ in range(5):
            clock.advance(20)
            log.renew(lease)
        with pytest.raises(LeaseHeld):
            log.claim(lease.run, owner="second", ttl_s=30)

    def test_a_lease_that_ran_out_is_stolen_with_a_higher_fence(
        self, log: Log, clock: ManualClock
    ) -> None:
        old = start(log, ttl_s=30)
        log.append(old, arrivals(2), after=0).result()
        clock.advance(31)
        new = log.claim(old.run, owner="second", ttl_s=30)
        assert new.fence > old.fence
        assert log.append(new, arrivals(1), after=2).result() == 3

    def test_an_older_fence_is_refused_and_writes_nothing(
        self, log: Log, clock: ManualClock
    ) -> None:
        old = start(log, ttl_s=30)
        sent = arrivals(2)
        log.append(old, sent, after=0).result()
        clock.advance(31)
        log.claim(old.run, owner="second", ttl_s=30)
        for late in (arrivals(1), sent):
            with pytest.raises(LeaseLost, match="second"):
                log.append(old, late, after=2).result()
        with pytest.raises(LeaseLost):
            log.append(old, sent, after=0).result()
        with pytest.raises(LeaseLost):
            log.renew(old)
        with pytest.raises(LeaseLost):
            log.set_status(old, "in_progress")
        log.release(old)
        assert holder(log, old.run) == ("second", 30.0)
        assert log.head(old.run) == (2, False)

    def test_a_lease_that_ran_out_but_was_not_taken_still_writes(
        self, log: Log, clock: ManualClock
    ) -> None:
        lease = start(log, ttl_s=30)
        clock.advance(300)
        assert log.append(lease, arrivals(1), after=0).result() == 1
        log.renew(lease)
        assert holder(log, lease.run) == (lease.owner, 30.0)

    def test_a_released_lease_is_free_and_writes_no_more(self, log: Log) -> None:
        old = start(log)
        log.release(old)
        log.release(old)
        assert log.holder(old.run) is None
        with pytest.raises(LeaseLost):
            log.append(old, arrivals(1), after=0).result()
        assert log.claim(old.run, owner="second", ttl_s=1).fence > old.fence

    def test_fences_never_repeat(self, log: Log) -> None:
        run, fences = new_run(log).id, []
        for _ in range(5):
            lease = log.claim(run, owner="a", ttl_s=1)
            fences.append(lease.fence)
            log.release(lease)
        assert fences == sorted(set(fences))

    def test_an_ended_run_cannot_be_claimed(self, log: Log) -> None:
        lease = start(log)
        close(log, lease)
        log.release(lease)
        with pytest.raises(LogClosed):
            log.claim(lease.run, owner="second", ttl_s=1)

    def test_one_of_many_threads_gets_the_lease(self, log: Log) -> None:
        run = new_run(log).id

        def claim(n: int) -> bool:
            try:
                log.claim(run, owner=f"thread {n}", ttl_s=60)
            except LeaseHeld:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(claim, range(16))) == 1
