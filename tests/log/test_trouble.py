"""Storage fails in many ways; each has one defined answer."""

import errno
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path
from time import monotonic

import pytest

from tests.support.logs import arrivals, new_run, stranger, written
from tests.support.processes import python, running
from tests.support.waiting import wait_until
from workbench.errors import LogUnavailable
from workbench.log import trouble
from workbench.log.disk import DiskLog
from workbench.log.follow import Follower


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
time.sleep(float(sys.argv[2]))  # how long it is held is what the test is about
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
