"""The bell between processes: heard at once, cheap when silent, and not needed for correctness."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, process_time

import pytest

from tests.support.logs import arrivals, close, start
from tests.support.processes import running
from tests.support.waiting import wait_until
from workbench.events import Entry
from workbench.log.base import Lease
from workbench.log.disk import DiskLog
from workbench.log.doorbell import Means, best_means
from workbench.log.follow import Follower
from workbench.log.presence import Presence

APPEND = """
import sys
from pathlib import Path
from tests.support.logs import arrivals
from workbench.log.base import Lease
from workbench.log.disk import DiskLog
folder, run, fence = sys.argv[1:]
lease = Lease(run=run, owner="runner", fence=int(fence), ttl_s=60)
log = DiskLog(Path(folder))
head, _ = log.head(run)
print("ready", flush=True)
for _ in sys.stdin:
    head = log.append(lease, arrivals(1), after=head).result()
    print(head, flush=True)
log.close()
"""


@pytest.fixture(params=sorted({best_means(), "poll"}))
def log(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[DiskLog]:
    means: Means = request.param
    log = DiskLog(tmp_path / "log", means=means)
    yield log
    log.close()


@pytest.fixture
def lease(log: DiskLog) -> Lease:
    return start(log)


def test_an_append_of_another_process_wakes_a_follower(log: DiskLog, lease: Lease) -> None:
    seen: list[tuple[float, Entry]] = []
    appended: list[float] = []
    follower = Follower(log, lease.run)

    def follow() -> None:
        seen.extend((monotonic(), entry) for entry in follower)

    thread = threading.Thread(target=follow)
    thread.start()
    with running(APPEND, log.folder, lease.run, lease.fence) as other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == "ready\n"
        for n in range(1, 21):
            other.stdin.write("again\n")
            other.stdin.flush()
            assert other.stdout.readline() == f"{n}\n"
            appended.append(monotonic())
    wait_until(lambda: len(seen) == 20, "all are seen")
    follower.close()
    thread.join()
    assert [entry.cursor for _, entry in seen] == list(range(1, 21))
    delays = sorted(at - told for (at, _), told in zip(seen, appended, strict=True))
    assert delays[10] < 0.2, "the bell was not heard: they were found by looking"


def test_a_bell_that_is_cut_or_gone_costs_a_second_and_nothing_else(
    log: DiskLog, lease: Lease
) -> None:
    seen: list[Entry] = []
    follower = Follower(log, lease.run)
    thread = threading.Thread(target=lambda: seen.extend(follower))
    thread.start()
    other = DiskLog(log.folder)
    other.append(lease, arrivals(1), after=0).result()
    wait_until(lambda: len(seen) == 1, "the bell works")
    os.truncate(log.folder / "bell", 0)
    other.append(lease, arrivals(1), after=1).result()
    wait_until(lambda: len(seen) == 2, "it works after it was cut", timeout_s=5)
    (log.folder / "bell").unlink()
    third = DiskLog(log.folder)  # it rings a new file, which nobody hears
    third.append(lease, arrivals(1), after=2).result()
    wait_until(lambda: len(seen) == 3, "SQLite is asked once a second", timeout_s=5)
    close(third, lease)
    thread.join(10)
    assert [entry.cursor for entry in seen] == [1, 2, 3, 4]
    other.close()
    third.close()


def test_a_silent_log_costs_next_to_nothing(log: DiskLog, lease: Lease) -> None:
    followers = [Follower(log, lease.run) for _ in range(20)]
    threads = [threading.Thread(target=list, args=(follower,)) for follower in followers]
    for thread in threads:
        thread.start()
    log.append(lease, arrivals(1), after=0).result()
    wait_until(lambda: all(follower.cursor for follower in followers), "all have been woken once")
    began, used = monotonic(), process_time()
    threading.Event().wait(2)
    share = (process_time() - used) / (monotonic() - began)
    for follower in followers:
        follower.close()
    for thread in threads:
        thread.join()
    # Asked loosely, for machines that are busy with other things; the benchmark measures it.
    assert share < 0.05


def test_a_bell_never_grows_without_end(log: DiskLog, lease: Lease) -> None:
    other = DiskLog(log.folder)
    stop = other.watch(lambda: None)
    for _ in range(30_000):
        log._doorbell.ring([lease.run] * 3)
    assert (log.folder / "bell").stat().st_size < 2 << 20
    stop()
    other.close()


def test_nobody_rings_for_nobody(log: DiskLog, lease: Lease) -> None:
    log.watch(lambda: None)
    log.append(lease, arrivals(1), after=0).result()
    assert (log.folder / "bell").stat().st_size == 0
    other = DiskLog(log.folder)
    other.watch(lambda: None)
    log.append(lease, arrivals(1), after=1).result()
    assert (log.folder / "bell").stat().st_size > 0
    other.close()


def test_a_listener_that_went_away_is_forgotten(tmp_path: Path) -> None:
    here, there = Presence(tmp_path), Presence(tmp_path)
    assert not here.others_listen()
    there.listen()
    assert here.others_listen()
    assert not there.others_listen()
    there.close()
    assert not here.others_listen()
    here.close()


def test_more_listeners_than_slots_are_all_heard(tmp_path: Path) -> None:
    here = Presence(tmp_path)
    crowd = [Presence(tmp_path) for _ in range(40)]
    for one in crowd:
        one.listen()
    assert here.others_listen()
    assert all(one.others_listen() for one in crowd)
    for one in [*crowd, here]:
        one.close()
