"""Storage fails in many ways; each has one defined answer."""

import errno
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from tests.support.logs import arrivals, close, new_run, start, terminal
from tests.support.needs import lacking
from tests.support.processes import python, running
from tests.support.waiting import wait_until
from workbench.clock import ManualClock
from workbench.errors import CorruptEntry, LeaseHeld, LogUnavailable
from workbench.events import Arrival, Status
from workbench.log import trouble
from workbench.log.base import Closing, Lease
from workbench.log.check import check
from workbench.log.disk import DiskLog
from workbench.log.follow import Follower
from workbench.log.rows import segment_key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def log(folder: Path) -> Iterator[DiskLog]:
    log = DiskLog(folder, busy_s=0.3)
    yield log
    log.close()


@contextmanager
def stranger(folder: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else's hands in the database."""
    connection = sqlite3.connect(folder / "cache.db", isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def written(log: DiskLog, number: int) -> Lease:
    lease = start(log)
    log.append(lease, arrivals(number), after=0).result()
    return lease


FILL = """
import resource, sys
from pathlib import Path
from tests.support.logs import arrivals, start
from workbench.errors import LogUnavailable
from workbench.log.disk import DiskLog
log = DiskLog(Path(sys.argv[1]))
one, two = start(log), start(log)
log.append(two, arrivals(1), after=0).result()
size = log.store.wal.stat().st_size + 400_000
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
head = 0
try:
    while True:
        head = log.append(one, arrivals(10, "x" * 5000), after=head).result()
except LogUnavailable as error:
    refused = str(error)
assert log.head(one.run) == (head, False), log.head(one.run)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
assert log.append(one, arrivals(10, "y" * 5000), after=head).result() == head + 10
assert log.append(two, arrivals(1), after=1).result() == 2
assert [e.cursor for e in log.read(one.run)] == list(range(1, head + 11))[:1000]
log.close()
print(head, refused)
"""


def test_when_nothing_more_can_be_written_the_append_is_refused_whole(folder: Path) -> None:
    """The system's own limit on file sizes stops the write in the middle of a transaction."""
    head, _, sentence = python(FILL, folder).partition(" ")
    assert int(head) > 0
    assert "could not be read or written" in sentence or "full" in sentence
    log = DiskLog(folder)
    assert check(log) == []
    log.close()


SMALL_DISK = """
set -e
mount -t tmpfs -o size=3m tmpfs "$1"
exec "$2" -c "$3" "$1/log"
"""
FULL_DISK = """
import sys
from pathlib import Path
from tests.support.logs import arrivals, close, start
from workbench.errors import LogUnavailable
from workbench.log.check import check
from workbench.log.disk import DiskLog
folder = Path(sys.argv[1])
log = DiskLog(folder)
ballast = folder.parent / "ballast"
ballast.write_bytes(b"x" * 1_000_000)
lease, head = start(log), 0
try:
    while True:
        head = log.append(lease, arrivals(10, "x" * 5000), after=head).result()
except LogUnavailable as error:
    refused = str(error)
assert log.head(lease.run) == (head, False)
ballast.unlink()
assert log.append(lease, arrivals(10, "y" * 500), after=head).result() == head + 10
close(log, lease)
assert check(log) == []
log.close()
print(refused)
"""


def test_a_full_disk_refuses_and_works_again_once_there_is_room(tmp_path: Path) -> None:
    assert "is full" in on_a_small_disk(FULL_DISK, tmp_path)


def on_a_small_disk(code: str, tmp_path: Path) -> str:
    """What the code prints on a real file system of three megabytes, in its own namespace."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["unshare", "--mount", "sh", "-c", SMALL_DISK, "sh", disk, sys.executable, code]
    try:
        done = subprocess.run(
            [*map(str, command)],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=60,
        )
    except FileNotFoundError:
        lacking("unshare")
    if "permission denied" in done.stderr.lower() or "not permitted" in done.stderr.lower():
        lacking("the right to mount a file system")
    assert done.returncode == 0, done.stderr
    return done.stdout


NEW_FOLDER_ON_A_FULL_DISK = """
import sys
from pathlib import Path
from workbench.errors import LogUnavailable
from workbench.log.disk import DiskLog
folder = Path(sys.argv[1])
ballast = folder.parent / "ballast"
try:
    with ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
except OSError:
    pass
try:
    DiskLog(folder)
except LogUnavailable as error:
    print(error)
ballast.unlink()
DiskLog(folder).close()
"""


def test_a_folder_that_could_not_be_made_on_a_full_disk_is_made_later(tmp_path: Path) -> None:
    assert "is full" in on_a_small_disk(NEW_FOLDER_ON_A_FULL_DISK, tmp_path)


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LogUnavailable, match="file"):
        DiskLog(tmp_path / "file" / "log")


def test_a_folder_of_somebody_else_says_so() -> None:
    # Root may write everywhere, so it asks as nobody, from a place that nobody can reach.
    code = """
import os, sys
from pathlib import Path
from workbench.errors import LogUnavailable
from workbench.log.disk import DiskLog
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    DiskLog(Path(sys.argv[1]) / "log")
except LogUnavailable as error:
    print(error)
"""
    with tempfile.TemporaryDirectory() as place:
        locked = Path(place) / "locked"
        locked.mkdir(mode=0o500)
        Path(place).chmod(0o755)
        assert "not writable" in python(code, locked)


def test_a_database_turned_read_only_refuses_appends_and_still_reads(log: DiskLog) -> None:
    lease = written(log, 3)
    log.store._writer.execute("PRAGMA query_only = on")
    with pytest.raises(LogUnavailable, match="not writable"):
        log.append(lease, arrivals(1), after=3).result()
    assert len(log.read(lease.run)) == 3
    log.store._writer.execute("PRAGMA query_only = off")
    assert log.append(lease, arrivals(1), after=3).result() == 4


def test_a_deleted_folder_is_noticed(log: DiskLog, folder: Path) -> None:
    lease = written(log, 3)
    shutil.rmtree(folder, ignore_errors=True)
    with pytest.raises(LogUnavailable, match="gone"):
        log.read(lease.run)

    sent = arrivals(1)

    def refused() -> bool:
        try:
            log.append(lease, sent, after=3).result()
        except LogUnavailable:
            return True
        return False

    wait_until(refused, "appends are refused", timeout_s=2)


def test_a_follower_of_a_deleted_folder_does_not_wait_for_ever(log: DiskLog, folder: Path) -> None:
    lease = written(log, 3)
    outcome: list[BaseException] = []

    def follow() -> None:
        try:
            list(Follower(log, lease.run))
        except LogUnavailable as error:
            outcome.append(error)

    thread = threading.Thread(target=follow)
    thread.start()
    shutil.rmtree(folder, ignore_errors=True)
    thread.join(10)
    assert outcome


def test_a_folder_replaced_by_another_is_noticed(log: DiskLog, folder: Path) -> None:
    lease = written(log, 3)
    shutil.rmtree(folder, ignore_errors=True)
    other = DiskLog(folder)
    with pytest.raises(LogUnavailable, match="replaced"):
        log.read(lease.run)
    other.close()


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
    with pytest.raises(LogUnavailable, match="damaged"):
        DiskLog(folder).runs()


def test_a_store_kept_busy_refuses_after_its_patience_and_works_again(
    log: DiskLog, folder: Path
) -> None:
    lease = written(log, 3)
    sent = arrivals(1)
    with stranger(folder) as hand:
        hand.execute("BEGIN IMMEDIATE")
        began = monotonic()
        with pytest.raises(LogUnavailable, match="busy"):
            log.append(lease, sent, after=3).result()
        assert monotonic() - began < 5
        with pytest.raises(LogUnavailable, match="busy"):
            new_run(log)
        assert len(log.read(lease.run)) == 3
        hand.execute("ROLLBACK")
    assert log.append(lease, sent, after=3).result() == 4


HOLD = """
import sqlite3, sys, time
hand = sqlite3.connect(sys.argv[1] + "/cache.db", isolation_level=None)
hand.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
hand.execute("ROLLBACK")
"""


@pytest.mark.slow
def test_ten_busy_seconds_are_waited_out_and_readers_do_not_notice(folder: Path) -> None:
    log = DiskLog(folder)
    lease = written(log, 3)
    with running(HOLD, folder, 10) as holder:
        assert holder.stdout
        holder.stdout.readline()
        began = monotonic()
        outcome: list[int] = []
        writing = threading.Thread(
            target=lambda: outcome.append(log.append(lease, arrivals(1), after=3).result())
        )
        writing.start()
        reads = 0
        while writing.is_alive():
            assert len(log.read(lease.run, limit=3)) == 3
            reads += 1
            writing.join(0.2)
        assert monotonic() - began > 9
    assert outcome == [4]
    assert reads > 20
    log.close()


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


def test_every_error_of_storage_has_a_sentence() -> None:
    folder = Path("/some/folder")
    for name in dir(sqlite3):
        if name.startswith("SQLITE_") and "_" not in name.removeprefix("SQLITE_"):
            error = sqlite3.OperationalError("what SQLite says")
            error.sqlite_errorcode = getattr(sqlite3, name)
            said = str(trouble.explain(error, folder))
            assert "/some/folder" in said
            assert "what SQLite says" in said
    full = sqlite3.OperationalError("x")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert "free some space" in str(trouble.explain(full, folder))
    assert "free some space" in str(trouble.explain(OSError(errno.ENOSPC, "no"), folder))
    assert "not writable" in str(trouble.explain(PermissionError(errno.EACCES, "no"), folder))
