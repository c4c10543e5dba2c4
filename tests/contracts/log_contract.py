"""What every log must do, whoever implements it. A subclass names the log under test."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from tests.support.logs import arrivals, close, start, terminal
from workbench.clock import ManualClock
from workbench.errors import (
    AppendConflict,
    InvalidCursor,
    InvalidSetting,
    LogClosed,
    MalformedEvent,
)
from workbench.events import Arrival, Entry
from workbench.log.base import Closing, Lease, Log


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
