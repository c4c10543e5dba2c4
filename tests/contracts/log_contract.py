"""What every log must do, whoever implements it. A subclass names the log under test."""

import threading
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from tests.support.logs import arrivals, close, delta, new_run, start, terminal
from tests.support.waiting import wait_until
from workbench.clock import ManualClock
from workbench.errors import (
    AppendConflict,
    InvalidCursor,
    InvalidSetting,
    LeaseHeld,
    LeaseLost,
    LogClosed,
    MalformedEvent,
    RunGone,
    UnknownRun,
)
from workbench.events import Arrival, Entry, RunRequest
from workbench.log.base import Closing, Lease, Log


def holder(log: Log, run: str) -> tuple[str, float]:
    held = log.holder(run)
    assert held is not None, f"nobody holds {run}"
    return held[0], round(held[1], 6)


class LogContract(ABC):
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    @abstractmethod
    def log(self) -> Log: ...


class EntriesContract(LogContract):
    def test_cursors_are_dense_from_one(self, log: Log) -> None:
        lease = start(log)
        assert log.append(lease, arrivals(3), after=0).result() == 3
        assert log.append(lease, arrivals(200), after=3).result() == 203
        assert [entry.cursor for entry in log.read(lease.run)] == list(range(1, 204))

    def test_reading_after_a_cursor_gives_the_same_however_often(self, log: Log) -> None:
        lease = start(log)
        sent: list[Arrival] = []
        for size in (1, 1, 70, 1, 64, 3, 128, 1):
            more = arrivals(size)
            log.append(lease, more, after=len(sent)).result()
            sent += more
        stored = [Entry(n, at, orjson.loads(json)) for n, (at, json) in enumerate(sent, 1)]
        for after in (0, 1, 2, 63, 64, 65, 100, 200, 268, 269, 500):
            for limit in (1, 10, 1000):
                assert (
                    log.read(lease.run, after=after, limit=limit) == (stored[after : after + limit])
                )

    def test_an_event_is_kept_to_the_letter(self, log: Log) -> None:
        lease = start(log)
        text = '{ "type" : "x",\n\t"n": 1.0e2, "s":"\\u00e9é\U0001f389\\u001e" }'.encode()
        log.append(lease, [Arrival(12.3456789, text)], after=0).result()
        (raw,) = log.read_raw(lease.run)
        assert text in raw
        assert orjson.loads(raw) == {
            "cursor": 1,
            "at": 12.3456789,
            "event": {"type": "x", "n": 100.0, "s": "éé\U0001f389\x1e"},
        }

    def test_raw_and_decoded_entries_agree(self, log: Log) -> None:
        lease = start(log)
        log.append(lease, arrivals(150), after=0).result()
        raw = log.read_raw(lease.run, after=20, limit=100)
        assert [Entry(**orjson.loads(one)) for one in raw] == log.read(
            lease.run, after=20, limit=100
        )

    def test_what_is_read_belongs_to_the_reader(self, log: Log) -> None:
        lease = start(log)
        log.append(lease, arrivals(1), after=0).result()
        log.read(lease.run)[0].event.clear()
        assert log.read(lease.run)[0].event["delta"] == "word "

    def test_a_raw_control_character_is_refused_and_nothing_stored(self, log: Log) -> None:
        lease = start(log)
        with pytest.raises(MalformedEvent):
            log.append(lease, [Arrival(1.0, b'{"a":"\x1e"}')], after=0).result()
        assert log.head(lease.run) == (0, False)

    def test_a_cursor_before_the_start_is_refused(self, log: Log) -> None:
        lease = start(log)
        with pytest.raises(InvalidCursor):
            log.read(lease.run, after=-1)
        with pytest.raises(InvalidCursor):
            log.append(lease, arrivals(1), after=-1).result()

    def test_an_append_at_another_position_is_refused(self, log: Log) -> None:
        lease = start(log)
        log.append(lease, arrivals(5), after=0).result()
        for wrong in (0, 3, 6):
            with pytest.raises(AppendConflict):
                log.append(lease, arrivals(1), after=wrong).result()
        assert log.head(lease.run) == (5, False)

    def test_an_append_repeated_is_acknowledged_and_stored_once(self, log: Log) -> None:
        lease = start(log)
        first, second = arrivals(5), arrivals(3)
        log.append(lease, first, after=0).result()
        log.append(lease, second, after=5).result()
        assert log.append(lease, second, after=5).result() == 8
        assert log.append(lease, first, after=0).result() == 5
        assert log.head(lease.run) == (8, False)

    def test_a_repetition_that_differs_is_a_conflict(self, log: Log) -> None:
        lease = start(log)
        sent = arrivals(5)
        log.append(lease, sent, after=0).result()
        with pytest.raises(AppendConflict):
            log.append(lease, [*sent[:4], *arrivals(1)], after=0).result()
        with pytest.raises(AppendConflict):
            log.append(lease, [*sent, *arrivals(1)], after=0).result()

    def test_a_repetition_under_another_fence_is_a_conflict(self, log: Log) -> None:
        old = start(log)
        sent = arrivals(2)
        log.append(old, sent, after=0).result()
        log.release(old)
        new = log.claim(old.run, owner="other", ttl_s=60)
        with pytest.raises(AppendConflict):
            log.append(new, sent, after=0).result()

    def test_an_append_of_nothing_tells_the_head(self, log: Log) -> None:
        lease = start(log)
        log.append(lease, arrivals(2), after=0).result()
        assert log.append(lease, [], after=2).result() == 2

    def test_appends_handed_over_at_once_keep_their_order(self, log: Log) -> None:
        lease = start(log)
        sent = [arrivals(1) for _ in range(300)]
        futures = [log.append(lease, one, after=n) for n, one in enumerate(sent)]
        assert [future.result() for future in futures] == list(range(1, 301))
        stored = [entry.at for entry in log.read(lease.run)]
        assert stored == [one.at for (one,) in sent]

    def test_runs_do_not_mix(self, log: Log) -> None:
        leases = [start(log) for _ in range(5)]
        for round_ in range(20):
            futures = [log.append(lease, arrivals(1, lease.run), after=round_) for lease in leases]
            assert {future.result() for future in futures} == {round_ + 1}
        for lease in leases:
            texts = {entry.event["delta"] for entry in log.read(lease.run)}
            assert texts == {lease.run}

    def test_writers_in_many_threads_lose_nothing(self, log: Log) -> None:
        def write(lease: Lease) -> None:
            for n in range(0, 100, 2):
                log.append(lease, arrivals(2), after=n).result()

        leases = [start(log) for _ in range(6)]
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(write, leases))
        for lease in leases:
            assert [entry.cursor for entry in log.read(lease.run)] == list(range(1, 101))


class ClosingContract(LogContract):
    def test_the_terminal_entry_closes_the_log_with_status_and_summary(self, log: Log) -> None:
        lease = start(log)
        log.append(lease, arrivals(70), after=0).result()
        assert close(log, lease, status="failed", usage={"total": 9}) == 71
        info = log.info(lease.run)
        assert (info.status, info.summary, info.cursor) == ("failed", {"usage": {"total": 9}}, 71)
        assert info.is_ended
        assert info.closed_at is not None
        assert log.head(lease.run) == (71, True)
        assert log.read(lease.run, after=70)[0].event == {"type": "workbench.run.failed"}

    def test_a_closed_log_refuses_every_append(self, log: Log) -> None:
        lease = start(log)
        close(log, lease)
        for again in (arrivals(1), []):
            with pytest.raises(LogClosed):
                log.append(lease, again, after=1).result()
        with pytest.raises(LogClosed):
            close(log, lease)
        with pytest.raises(LogClosed):
            log.set_status(lease, "in_progress")
        assert log.head(lease.run) == (1, True)

    def test_a_repeated_close_is_acknowledged(self, log: Log) -> None:
        lease = start(log)
        end = [*arrivals(1), terminal()]
        for _ in range(2):
            done = log.append(lease, end, after=0, closing=Closing(status="completed"))
            assert done.result() == 2

    def test_what_follows_the_close_in_the_same_moment_is_refused(self, log: Log) -> None:
        lease = start(log)
        first = log.append(lease, [terminal()], after=0, closing=Closing(status="completed"))
        second = log.append(lease, arrivals(1), after=1)
        assert first.result() == 1
        with pytest.raises(LogClosed):
            second.result()

    def test_only_an_end_closes_and_it_needs_an_entry(self, log: Log) -> None:
        lease = start(log)
        with pytest.raises(InvalidSetting):
            log.append(lease, arrivals(1), after=0, closing=Closing(status="queued")).result()
        with pytest.raises(InvalidSetting):
            log.append(lease, [], after=0, closing=Closing(status="failed")).result()
        with pytest.raises(InvalidSetting):
            log.set_status(lease, "completed")
        assert log.head(lease.run) == (0, False)


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
