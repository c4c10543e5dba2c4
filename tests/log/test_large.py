"""Size does not matter: long runs, many runs, large events, slow readers."""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice, pairwise
from pathlib import Path
from time import perf_counter

import orjson
import pytest

from tests.support.logs import arrivals, close, new_run, start
from tests.support.waiting import wait_until
from workbench.events import Arrival
from workbench.log.base import Lease
from workbench.log.check import check
from workbench.log.disk import DiskLog
from workbench.log.follow import Follower
from workbench.log.rows import last_of
from workbench.log.segments import FULL


@pytest.fixture
def log(tmp_path: Path) -> Iterator[DiskLog]:
    log = DiskLog(tmp_path / "log")
    yield log
    log.close()


def segment_sizes(log: DiskLog, run: str) -> list[int]:
    with log.store.reading() as sql:
        rows = sql("SELECT key FROM Cache WHERE key GLOB ? ORDER BY key", (f"s:{run}:*",))
        lasts = [0, *(last_of(key) for (key,) in rows)]
    return [last - before for before, last in pairwise(lasts)]


def test_events_appended_one_by_one_end_in_full_segments(log: DiskLog) -> None:
    lease = start(log)
    for n in range(200):
        log.append(lease, arrivals(1), after=n).result()
        sizes = segment_sizes(log, lease.run)
        assert sum(sizes) == n + 1
        assert len([size for size in sizes if size < FULL]) <= 8
    close(log, lease)
    assert segment_sizes(log, lease.run) == [64, 64, 64, 9]
    assert check(log) == []


@pytest.mark.parametrize("size", [1, 3, 50, 63, 64, 65, 130])
def test_any_size_of_append_ends_in_full_segments(log: DiskLog, size: int) -> None:
    lease = start(log)
    for n in range(0, 520, size):
        log.append(lease, arrivals(size), after=n).result()
    head = close(log, lease)
    assert set(segment_sizes(log, lease.run)[:-1]) == {FULL}
    assert [e.cursor for e in log.read(lease.run)] == list(range(1, head + 1))


def test_another_writer_goes_on_with_the_small_segments_it_finds(tmp_path: Path) -> None:
    log = DiskLog(tmp_path / "log")
    lease = start(log)
    for n in range(100):
        log.append(lease, arrivals(1), after=n).result()
    log.close()
    log = DiskLog(tmp_path / "log")
    for n in range(100, 130):
        log.append(lease, arrivals(1), after=n).result()
    close(log, lease)
    assert segment_sizes(log, lease.run) == [64, 64, 3]
    log.close()


def test_an_event_of_20_megabytes_is_stored_read_and_followed(log: DiskLog) -> None:
    lease = start(log)
    large = Arrival(1.0, orjson.dumps({"type": "x", "blob": "ä" * 10_000_000}))
    log.append(lease, arrivals(3), after=0).result()
    log.append(lease, [large], after=3).result()
    log.append(lease, arrivals(3), after=4).result()
    close(log, lease)
    seen = list(Follower(log, lease.run))
    assert [entry.cursor for entry in seen] == list(range(1, 9))
    assert len(seen[3].event["blob"]) == 10_000_000
    assert check(log) == []


def test_large_events_are_read_a_few_at_a_time(log: DiskLog) -> None:
    lease = start(log)
    for n in range(40):
        log.append(lease, arrivals(1, "x" * 1_000_000), after=n).result()
    batch = log.read(lease.run, limit=1000)
    assert 1 <= len(batch) <= 10
    assert [e.cursor for e in batch] == list(range(1, len(batch) + 1))


def fill(log: DiskLog, lease: Lease, number: int, *, step: int = 6400) -> None:
    sent = arrivals(step)
    for n in range(0, number, step):
        log.append(lease, sent[: number - n], after=n).result()


@pytest.mark.slow
def test_a_million_entries_are_written_and_read_within_a_minute(log: DiskLog) -> None:
    lease = start(log)
    began = perf_counter()
    fill(log, lease, 1_000_000)
    assert log.head(lease.run) == (1_000_000, False)
    for after in (0, 499_990, 999_900):
        expected = list(range(after + 1, after + 101))
        assert [entry.cursor for entry in log.read(lease.run, after=after, limit=100)] == expected
    close(log, lease)
    read = 0
    for batch in Follower(log, lease.run, batch=10_000).raw_batches():
        read += len(batch)
    assert read == 1_000_001
    log.delete(lease.run)
    assert log.runs() == []
    assert perf_counter() - began < 60


def test_thousands_of_runs_are_listed_a_page_at_a_time(log: DiskLog) -> None:
    made = [new_run(log, id=f"run-{n:05}").id for n in range(2000)]
    page = log.runs(limit=50)
    assert [info.id for info in page] == made[:-51:-1]
    walked = []
    before = None
    while page := log.runs(status=["queued"], limit=500, before=before):
        walked += [info.id for info in page]
        before = page[-1].id
    assert walked == made[::-1]
    assert log.stats().runs == 2000


def checkpoint(log: DiskLog) -> str:
    with closing(log.store.connect(busy_s=0.1)) as connection:
        ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return "hindered" if busy else "whole"


def test_a_follower_that_stops_reading_costs_nothing(log: DiskLog) -> None:
    """It holds a cursor: no queue fills behind it, and the log is not held open."""
    lease = start(log)
    log.append(lease, arrivals(10), after=0).result()
    follower = Follower(log, lease.run, batch=5)
    assert [entry.cursor for entry in islice(follower, 3)] == [1, 2, 3]
    for n in range(10, 6410, 640):
        log.append(lease, arrivals(640), after=n).result()
    held = [value for value in vars(follower).values() if isinstance(value, (list, dict, bytes))]
    assert held == []
    with log.store.writing() as sql:
        sql("SELECT 1")
    with closing(log.store.connect(busy_s=0.1)) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0, "a reader that does nothing keeps the write-ahead log from beginning again"
    close(log, lease)
    assert [entry.cursor for entry in follower] == list(range(4, 6412))


def test_space_of_deleted_runs_is_used_again(log: DiskLog) -> None:
    sizes = []
    for _ in range(6):
        lease = start(log)
        fill(log, lease, 6400)
        close(log, lease)
        log.delete(lease.run)
        wait_until(lambda: checkpoint(log) == "whole", "the write-ahead log is emptied")
        sizes.append(log.store.path.stat().st_size)
    assert sizes[-1] <= 1.5 * sizes[0]


def test_the_write_ahead_log_stays_small_under_a_writer_that_never_pauses(log: DiskLog) -> None:
    lease = start(log)
    fill(log, lease, 256_000, step=640)
    wait_until(
        lambda: log.store.path.stat().st_size > 20 << 20, "checkpoints moved it to the database"
    )
    assert log.store.wal.stat().st_size < 120 << 20
