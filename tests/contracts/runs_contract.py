"""What a log knows of its runs: keys, pages, marks, deletion. A subclass names the log."""

import threading
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from tests.contracts.log_contract import LogContract
from tests.support.logs import arrivals, close, delta, new_run, start
from tests.support.waiting import wait_until
from workbench.clock import ManualClock
from workbench.errors import InvalidSetting, LeaseHeld, RunGone, UnknownRun
from workbench.events import Arrival, RunRequest
from workbench.log.base import Lease, Log


class RunsContract(LogContract):
    def test_a_new_run_is_empty_and_queued(self, log: Log) -> None:
        request = RunRequest(input="hello", provider="openai", metadata={"a": "b"})
        info = new_run(log, request=request, key="k1", marks={"owner": "me"})
        assert log.info(info.id) == info
        assert (info.cursor, info.status, info.request) == (0, "queued", request)
        assert log.head(info.id) == (0, False)
        assert log.read(info.id) == []
        assert log.holder(info.id) is None

    def test_a_key_is_taken_once(self, log: Log) -> None:
        first = new_run(log, key="pay once")
        again = new_run(log, key="pay once")
        assert again == first
        assert new_run(log, key="another").id != first.id
        assert log.stats().runs == 2

    def test_a_key_is_taken_once_by_many_threads(self, log: Log) -> None:
        with ThreadPoolExecutor(8) as threads:
            made = list(threads.map(lambda _: new_run(log, key="same").id, range(24)))
        assert len(set(made)) == 1

    def test_creating_a_run_twice_returns_the_first(self, log: Log) -> None:
        first = new_run(log)
        assert new_run(log, id=first.id, created_at=5.0) == first

    def test_a_name_that_is_no_run_id_is_refused(self, log: Log) -> None:
        for name in ("", "a/b", "../x", "a:b", "x" * 101, "_x", "é", "a\n"):
            with pytest.raises(InvalidSetting):
                new_run(log, id=name)

    def test_an_unknown_run_is_named_in_the_error(self, log: Log) -> None:
        lost = Lease(run="nobody", owner="me", fence=1, ttl_s=1)
        for ask in (
            lambda: log.info("nobody"),
            lambda: log.read("nobody"),
            lambda: log.read_raw("nobody"),
            lambda: log.head("nobody"),
            lambda: log.mark("nobody", a=1),
            lambda: log.delete("nobody"),
            lambda: log.holder("nobody"),
            lambda: log.claim("nobody", owner="me", ttl_s=1),
            lambda: log.renew(lost),
            lambda: log.set_status(lost, "in_progress"),
            lambda: log.append(lost, arrivals(1), after=0).result(),
        ):
            with pytest.raises(UnknownRun, match="nobody"):
                ask()

    def test_runs_come_newest_first_in_pages(self, log: Log) -> None:
        made = [new_run(log, id=f"run-{n:03}").id for n in range(25)]
        newest = made[::-1]
        assert [info.id for info in log.runs(limit=10)] == newest[:10]
        assert [info.id for info in log.runs(limit=10, before=newest[9])] == newest[10:20]
        assert [info.id for info in log.runs(limit=10, before=newest[19])] == newest[20:]
        assert log.runs(before=newest[24]) == []

    def test_runs_are_filtered_by_status(self, log: Log) -> None:
        leases = [start(log, id=f"run-{n:03}") for n in range(12)]
        for n, lease in enumerate(leases):
            if n % 3 == 1:
                log.set_status(lease, "in_progress")
            if n % 3 == 2:
                close(log, lease, status="cancelled")
        running = log.runs(status=["in_progress"])
        assert [info.id for info in running] == ["run-010", "run-007", "run-004", "run-001"]
        mixed = log.runs(status=["cancelled", "queued"], limit=3)
        assert [info.id for info in mixed] == ["run-011", "run-009", "run-008"]
        assert [info.cursor for info in mixed] == [1, 0, 1]
        after = log.runs(status=["cancelled", "queued"], limit=3, before="run-008")
        assert [info.id for info in after] == ["run-006", "run-005", "run-003"]
        assert log.runs(status=[]) == []

    def test_marks_are_merged(self, log: Log) -> None:
        run = new_run(log, marks={"a": 1}).id
        log.mark(run, cancel_requested_at=5.0)
        info = log.mark(run, a=2)
        assert info.marks == {"a": 2, "cancel_requested_at": 5.0}
        assert log.info(run) == info

    def test_marks_survive_status_and_close(self, log: Log) -> None:
        lease = start(log)
        log.mark(lease.run, title="x")
        log.set_status(lease, "in_progress")
        close(log, lease)
        assert log.info(lease.run).marks == {"title": "x"}
        assert log.mark(lease.run, note="after the end").marks == {
            "title": "x",
            "note": "after the end",
        }

    def test_deleting_forgets_the_run_its_entries_and_its_key(self, log: Log) -> None:
        lease, other = start(log, key="k"), start(log)
        log.append(lease, arrivals(100), after=0).result()
        log.append(other, arrivals(1), after=0).result()
        close(log, lease)
        log.delete(lease.run)
        with pytest.raises(RunGone, match="deleted or has expired"):
            log.read(lease.run)
        with pytest.raises(RunGone):
            log.info(lease.run)
        with pytest.raises(UnknownRun):
            log.append(lease, arrivals(1), after=101).result()
        assert [info.id for info in log.runs()] == [other.run]
        assert log.runs(status=["completed"]) == []
        assert new_run(log, key="k").id != lease.run
        assert len(log.read(other.run)) == 1

    def test_a_live_run_is_not_deleted(self, log: Log) -> None:
        lease = start(log, owner="runner 7")
        with pytest.raises(LeaseHeld, match="runner 7"):
            log.delete(lease.run)
        queued = new_run(log)
        with pytest.raises(LeaseHeld):
            log.delete(queued.id)

    def test_a_sweep_deletes_what_ended_long_ago(self, log: Log, clock: ManualClock) -> None:
        old, young, live = start(log), start(log), start(log)
        close(log, old)
        clock.advance(100)
        close(log, young)
        log.append(live, arrivals(1), after=0).result()
        clock.advance(10)
        assert log.sweep(older_than_s=60) == 1
        assert {info.id for info in log.runs()} == {young.run, live.run}
        assert log.sweep(older_than_s=60) == 0
        assert log.stats().last_sweep_at == clock.now()

    def test_stats_count_runs_by_status(self, log: Log) -> None:
        assert log.stats().runs == 0
        assert log.stats().last_sweep_at is None
        new_run(log)
        close(log, start(log))
        log.set_status(start(log), "in_progress")
        stats = log.stats()
        assert stats.runs == 3
        assert dict(stats.by_status) == {"queued": 1, "completed": 1, "in_progress": 1}
        assert stats.bytes > 0


class WatchContract(LogContract):
    def test_every_change_rings(self, log: Log) -> None:
        rung = threading.Event()
        stop = log.watch(rung.set)
        lease = start(log)
        for change in (
            lambda: new_run(log),
            lambda: log.mark(lease.run, a=1),
            lambda: log.set_status(lease, "in_progress"),
            lambda: log.append(lease, [Arrival(1.0, b'{"type":"x"}')], after=0).result(),
            lambda: close(log, lease),
            lambda: log.release(lease),
            lambda: log.delete(lease.run),
        ):
            rung.clear()
            change()
            assert rung.wait(10)
        stop()

    def test_a_watch_of_one_run_hears_of_it(self, log: Log) -> None:
        lease = start(log)
        rung = threading.Event()
        stop = log.watch(rung.set, lease.run)
        log.append(lease, [Arrival(1.0, orjson.dumps(delta("x")))], after=0).result()
        assert rung.wait(10)
        stop()

    def test_a_stopped_watch_is_silent(self, log: Log) -> None:
        lease = start(log)
        calls: list[int] = []
        heard = threading.Event()
        stop = log.watch(lambda: calls.append(1))
        stop()
        stop()
        other = log.watch(heard.set)
        before = len(calls)
        log.append(lease, arrivals(1), after=0).result()
        wait_until(heard.is_set, "the other watch rings")
        assert len(calls) == before
        other()
