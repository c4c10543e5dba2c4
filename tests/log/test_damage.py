"""Somebody damaged the rows: what is lost is named, and nothing else is hurt."""

from pathlib import Path

import psutil
import pytest

from tests.support.logs import arrivals, close, new_run, start, stranger, written
from workbench.errors import CorruptEntry, LeaseHeld, LogUnavailable, RunGone
from workbench.events import Status
from workbench.log.check import check
from workbench.log.disk import DiskLog
from workbench.log.follow import Follower
from workbench.log.rows import segment_key


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE Cache SET value = x'00010203' WHERE key = ?",
        "UPDATE Cache SET value = substr(value, 1, 500) WHERE key = ?",
        "UPDATE Cache SET value = replace(value, 'word', 'lord') WHERE key = ?",
        "UPDATE Cache SET value = 7 WHERE key = ?",
        "UPDATE Cache SET value = NULL WHERE key = ?",
    ],
)
def test_a_corrupt_segment_names_its_cursors_and_hurts_nobody_else(
    log: DiskLog, folder: Path, change: str
) -> None:
    lease, other = written(log, 200), written(log, 200)
    with stranger(folder) as hand:
        assert hand.execute(change, (segment_key(lease.run, 128),)).rowcount == 1

    assert [entry.cursor for entry in log.read(lease.run)] == list(range(1, 65))
    for read in (log.read, log.read_raw):
        with pytest.raises(CorruptEntry) as caught:
            read(lease.run, after=64)
        assert (caught.value.run, caught.value.first, caught.value.last) == (lease.run, 65, 128)
    assert [entry.cursor for entry in log.read(lease.run, after=128)] == list(range(129, 201))
    assert len(log.read(other.run)) == 200
    assert log.head(lease.run) == (200, False)
    with pytest.raises(CorruptEntry):
        list(Follower(log, lease.run))

    found = [(p.run, p.first, p.last) for p in check(log) if p.first is not None]
    foreign = [p for p in check(log) if "not the log's" in p.message]
    assert found == [(lease.run, 65, 128)] or len(foreign) == 1
    assert close(log, lease) == 201


def test_a_missing_segment_names_its_cursors(log: DiskLog, folder: Path) -> None:
    lease = written(log, 200)
    with stranger(folder) as hand:
        hand.execute("DELETE FROM Cache WHERE key = ?", (segment_key(lease.run, 128),))
    assert len(log.read(lease.run)) == 64
    with pytest.raises(CorruptEntry):
        log.read(lease.run, after=64)
    assert [(p.first, p.last) for p in check(log)] == [(65, 128)]


@pytest.mark.parametrize("kind", ["r", "g"])
def test_a_damaged_row_of_one_run_hurts_no_other(log: DiskLog, folder: Path, kind: str) -> None:
    lease, other = written(log, 3), written(log, 3)
    close(log, lease)
    with stranger(folder) as hand:
        change = "UPDATE Cache SET value = x'00' WHERE key = ?"
        assert hand.execute(change, (f"{kind}:{lease.run}",)).rowcount == 1

    with pytest.raises(CorruptEntry, match=lease.run) as caught:
        log.info(lease.run) if kind == "r" else log.head(lease.run)
    assert (caught.value.first, caught.value.last) == (0, 0)
    assert len(log.read(lease.run)) == 4
    assert other.run in {info.id for info in log.runs()}
    assert log.append(other, arrivals(1), after=3).result() == 4
    assert log.sweep(older_than_s=3600) == 0
    assert lease.run in {problem.run for problem in check(log)}


def test_a_row_that_cannot_be_read_takes_no_place_in_a_page_of_runs(
    log: DiskLog, folder: Path
) -> None:
    runs = [new_run(log).id for _ in range(4)]
    with stranger(folder) as hand:
        hand.execute("UPDATE Cache SET value = x'00' WHERE key = ?", (f"r:{runs[2]}",))
        hand.execute("DELETE FROM Cache WHERE key = ?", (f"r:{runs[1]}",))
    queued: Status = "queued"
    for status in (None, [queued]):
        assert [info.id for info in log.runs(limit=2, status=status)] == [runs[3], runs[0]]


@pytest.mark.parametrize("kinds", ["r", "g", "rg"])
@pytest.mark.parametrize("damage", ["UPDATE Cache SET value = x'00'", "DELETE FROM Cache"])
def test_a_damaged_run_can_be_deleted_and_nothing_of_it_stays(
    log: DiskLog, folder: Path, kinds: str, damage: str
) -> None:
    lease, other = start(log, key="mine"), written(log, 3)
    log.append(lease, arrivals(100), after=0).result()
    close(log, lease)
    with stranger(folder) as hand:
        for kind in kinds:
            assert hand.execute(f"{damage} WHERE key = ?", (f"{kind}:{lease.run}",)).rowcount == 1
    log.delete(lease.run)
    assert check(log) == []
    with pytest.raises(RunGone):
        log.info(lease.run)
    with pytest.raises(RunGone):
        log.delete(lease.run)
    assert log.stats().by_status == {"queued": 1}
    assert log.sweep(older_than_s=-60) == 0
    assert new_run(log, key="mine").id != lease.run
    assert len(log.read(other.run)) == 3


def test_a_damaged_run_that_somebody_writes_is_not_deleted(log: DiskLog, folder: Path) -> None:
    lease = written(log, 3)
    with stranger(folder) as hand:
        hand.execute("UPDATE Cache SET value = x'00' WHERE key = ?", (f"r:{lease.run}",))
    with pytest.raises(LeaseHeld, match="has not ended"):
        log.delete(lease.run)
    log.release(lease)
    log.delete(lease.run)
    assert check(log) == []


def test_a_sweep_goes_on_past_a_damaged_run(log: DiskLog, folder: Path) -> None:
    damaged, whole = written(log, 1), written(log, 1)
    close(log, damaged)
    close(log, whole)
    with stranger(folder) as hand:
        hand.execute("UPDATE Cache SET value = x'00' WHERE key = ?", (f"r:{damaged.run}",))
    assert log.sweep(older_than_s=-60) == 1
    assert log.head(damaged.run) == (2, True)


def test_a_lost_end_of_an_ended_run_is_found_by_the_check(log: DiskLog, folder: Path) -> None:
    lease = written(log, 200)
    close(log, lease)
    assert check(log) == []
    with stranger(folder) as hand:
        hand.execute("DELETE FROM Cache WHERE key = ?", (segment_key(lease.run, 201),))
    assert [(p.run, p.first) for p in check(log)] == [(lease.run, 193)]


def test_a_corrupt_tail_does_not_stop_the_run(log: DiskLog, folder: Path) -> None:
    lease = written(log, 5)
    with stranger(folder) as hand:
        hand.execute("UPDATE Cache SET value = x'00' WHERE key = ?", (segment_key(lease.run, 5),))
    assert log.append(lease, arrivals(100), after=5).result() == 105
    assert [entry.cursor for entry in log.read(lease.run, after=5)] == list(range(6, 106))
    assert [(p.first, p.last) for p in check(log)] == [(1, 5)]


def test_a_damaged_database_says_so(log: DiskLog, folder: Path) -> None:
    written(log, 200)
    log.close()
    with (folder / "cache.db").open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 8000)
    with pytest.raises(LogUnavailable, match="damaged") as refusal:
        DiskLog(folder).runs()
    still_open = [file.path for file in psutil.Process().open_files()]
    assert str(folder / "cache.db") not in still_open, refusal
