"""The folder of a disk log: private, marked, made once, never anybody else's."""

import os
import pickle
import stat
from pathlib import Path

import diskcache
import pytest

from tests.support.logs import arrivals, close, start
from tests.support.processes import at_once, python
from workbench.errors import IncompatibleFolder, LogUnavailable
from workbench.log.check import check
from workbench.log.disk import DiskLog
from workbench.log.records import unpack
from workbench.log.store import BytesOnly


def test_the_folder_and_its_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "log"
    before = os.umask(0)
    try:
        log = DiskLog(folder)
        close(log, start(log))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
        log.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}, modes
    assert {"cache.db", "cache.db-wal", "bell", "format"} <= modes.keys()


def test_what_is_written_is_there_after_opening_again(tmp_path: Path) -> None:
    log = DiskLog(tmp_path / "log")
    lease = start(log, key="k")
    log.append(lease, arrivals(100), after=0).result()
    log.mark(lease.run, title="x")
    entries, info = log.read(lease.run), log.info(lease.run)
    log.close()
    log = DiskLog(tmp_path / "log")
    assert log.read(lease.run) == entries
    assert log.info(lease.run) == info
    assert log.append(lease, arrivals(1), after=100).result() == 101
    log.close()


def test_a_folder_of_a_newer_format_is_refused_untouched(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    DiskLog(folder).close()
    (folder / "format").write_text("workbench log, format 2\n")
    before = (folder / "cache.db").read_bytes()
    with pytest.raises(IncompatibleFolder, match="newer workbench"):
        DiskLog(folder)
    assert (folder / "cache.db").read_bytes() == before


def test_a_folder_that_is_not_a_log_is_refused(tmp_path: Path) -> None:
    with diskcache.Cache(str(tmp_path / "cache")) as cache:
        cache["mine"] = 1
    with pytest.raises(IncompatibleFolder, match="did not make"):
        DiskLog(tmp_path / "cache")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "format").write_text("something else")
    with pytest.raises(IncompatibleFolder):
        DiskLog(tmp_path / "other")


OPEN = """
import sys
from pathlib import Path
from workbench.log.disk import DiskLog
print("ready", flush=True)
sys.stdin.readline()
log = DiskLog(Path(sys.argv[1]))
print(log.stats().runs)
log.close()
"""


def test_two_processes_open_a_new_folder_at_the_same_moment(tmp_path: Path) -> None:
    for attempt in range(3):
        folder = tmp_path / f"log{attempt}"
        assert at_once(OPEN, folder) == ["0\n", "0\n"]


def test_a_key_is_taken_once_by_two_processes(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from tests.support.logs import new_run
from workbench.log.disk import DiskLog
log = DiskLog(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(*[new_run(log, key=f"key {n}").id for n in range(50)])
log.close()
"""
    lines = at_once(code, tmp_path / "log")
    assert lines[0] == lines[1]
    assert len(set(lines[0].split())) == 50


def test_a_plain_diskcache_finds_the_segments(tmp_path: Path) -> None:
    log = DiskLog(tmp_path / "log")
    lease = start(log)
    sent = arrivals(3)
    log.append(lease, sent, after=0).result()
    log.close()
    with diskcache.Cache(str(tmp_path / "log")) as cache:
        assert unpack(cache[f"s:{lease.run}:{3:015d}"]).times == [one.at for one in sent]


class Trap:
    """What a pickle could do to whoever opens it."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("sprung",)


def test_a_foreign_value_is_left_alone_and_found_by_the_check(tmp_path: Path) -> None:
    log = DiskLog(tmp_path / "log")
    lease = start(log)
    log.append(lease, arrivals(3), after=0).result()
    with diskcache.Cache(str(tmp_path / "log")) as stranger:
        stranger["mine"] = "hello"
        stranger["s:nobody:x"] = Trap()
        stranger[("a", 1)] = 5
    assert len(log.read(lease.run)) == 3
    assert [info.id for info in log.runs()] == [lease.run]
    messages = [problem.message for problem in check(log)]
    log.close()
    assert len(messages) == 3
    assert all("not the log's" in message for message in messages), messages
    assert not Path("sprung").exists()


def test_the_store_never_unpickles(tmp_path: Path) -> None:
    disk = BytesOnly(str(tmp_path))
    pickled = pickle.dumps({"a": 1})
    with pytest.raises(ValueError, match="pickle"):
        disk.fetch(diskcache.core.MODE_PICKLE, None, pickled, False)
    with pytest.raises(ValueError, match="pickled key"):
        disk.get(pickled, False)
    with pytest.raises(ValueError, match="not bytes"):
        disk.store({"a": 1}, False)
    with pytest.raises(ValueError, match="not text"):
        disk.put(("a", 1))


def test_a_forked_process_is_told_to_be_spawned_instead(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from tests.support.logs import arrivals, start
from workbench.errors import LogUnavailable
from workbench.log.disk import DiskLog
log = DiskLog(Path(sys.argv[1]))
lease = start(log)
log.append(lease, arrivals(1), after=0).result()
child = os.fork()
if child == 0:
    refused = 0
    for ask in (
        lambda: log.read(lease.run),
        lambda: log.append(lease, arrivals(1), after=1).result(),
        lambda: log.mark(lease.run, a=1),
        lambda: log.watch(print),
        lambda: DiskLog(Path(sys.argv[1])),
    ):
        try:
            ask()
        except LogUnavailable as error:
            refused += "forked" in str(error)
    log.close()
    os._exit(0 if refused == 5 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(log.append(lease, arrivals(1), after=1).result())
log.close()
child = os.fork()
if child == 0:
    os._exit(DiskLog(Path(sys.argv[1])).head(lease.run)[0])
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert python(code, tmp_path / "log").split() == ["0", "2", "2"]


def test_a_closed_log_says_so(tmp_path: Path) -> None:
    log = DiskLog(tmp_path / "log")
    lease = start(log)
    log.close()
    log.close()
    with pytest.raises(LogUnavailable, match="closed"):
        log.read(lease.run)
    with pytest.raises(LogUnavailable, match="closed"):
        log.append(lease, arrivals(1), after=0).result()


def test_closing_commits_what_is_queued(tmp_path: Path) -> None:
    code = """
import asyncio, sys
from pathlib import Path
from tests.support.logs import arrivals, start
from workbench.log.disk import DiskLog
log = DiskLog(Path(sys.argv[1]))
lease = start(log)
async def queue():
    return [log.append(lease, arrivals(1), after=n) for n in range(200)]
futures = asyncio.run(queue())
log.close()
print(lease.run, futures[-1].result(0))
"""
    run, head = python(code, tmp_path / "log").split()
    log = DiskLog(tmp_path / "log")
    assert head == "200"
    assert log.head(run) == (200, False)
    log.close()
