"""Who commits, and who is told."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.support.logs import arrivals, start
from tests.support.waiting import wait_until
from workbench.errors import AppendConflict, LogUnavailable
from workbench.log.base import Lease
from workbench.log.check import check
from workbench.log.disk import DiskLog


@pytest.fixture
def log(tmp_path: Path) -> Iterator[DiskLog]:
    log = DiskLog(tmp_path / "log")
    yield log
    log.close()


def test_a_thread_that_appends_alone_has_its_answer_at_once(log: DiskLog) -> None:
    assert log.append(start(log), arrivals(1), after=0).done()


def test_an_event_loop_is_never_blocked_by_a_busy_store(log: DiskLog) -> None:
    lease = start(log)

    async def append() -> tuple[bool, int]:
        with log.store.lock:
            done = log.append(lease, arrivals(1), after=0)
            waiting = not done.done()
        return waiting, await asyncio.wrap_future(done)

    assert asyncio.run(append()) == (True, 1)


def test_what_gathers_during_one_commit_goes_into_the_next(log: DiskLog) -> None:
    leases = [start(log) for _ in range(50)]
    with log.store.lock:
        futures = [log.append(lease, arrivals(2), after=0) for lease in leases]
        before = commits(log)
    assert [future.result(10) for future in futures] == [2] * 50
    assert commits(log) - before <= 2


def commits(log: DiskLog) -> int:
    """How often another connection saw the database change."""
    with log.store.reading() as sql:
        ((version,),) = sql("PRAGMA data_version").fetchall()
    return int(version)


def test_one_refused_append_does_not_touch_its_neighbours(log: DiskLog) -> None:
    one, two = start(log), start(log)
    with log.store.lock:
        good = log.append(one, arrivals(2), after=0)
        wrong = log.append(two, arrivals(2), after=7)
        after = log.append(one, arrivals(3), after=2)
    assert (good.result(10), after.result(10)) == (2, 5)
    with pytest.raises(AppendConflict):
        wrong.result(10)


def test_who_is_told_may_use_the_log_at_once(log: DiskLog) -> None:
    lease = start(log)
    marked: list[object] = []

    def then(done: "Future[int]") -> None:
        marked.append(log.mark(lease.run, head=done.result()).marks)

    with log.store.lock:
        log.append(lease, arrivals(1), after=0).add_done_callback(then)
    wait_until(lambda: marked, "the callback has marked the run")
    assert marked == [{"head": 1}]


def test_an_append_that_was_cancelled_before_its_commit_is_not_stored(log: DiskLog) -> None:
    lease = start(log)
    with log.store.lock:
        assert log.append(lease, arrivals(1), after=0).cancel()
        kept = log.append(lease, arrivals(2), after=0)
    assert kept.result(10) == 2
    assert log.head(lease.run) == (2, False)


def test_appends_that_race_with_the_close_are_all_answered(tmp_path: Path) -> None:
    log = DiskLog(tmp_path / "log")
    lease = start(log)
    answers: list[int | str] = []

    async def append_for_ever() -> None:
        head = 0
        while True:
            try:
                head = await asyncio.wrap_future(log.append(lease, arrivals(1), after=head))
            except LogUnavailable as error:
                answers.append(str(error))
                return
            answers.append(head)

    threads = [threading.Thread(target=lambda: asyncio.run(append_for_ever()))]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(answers) > 50, "appends are under way")
    log.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    again = DiskLog(tmp_path / "log")
    assert again.head(lease.run)[0] == len(answers) - 1
    assert "closed" in str(answers[-1])
    again.close()


def test_two_processes_that_take_turns_build_one_log(log: DiskLog) -> None:
    """Each remembers the run's last segment from its own turn, which the other has overtaken."""
    other = DiskLog(log.folder)
    run, head = start(log).run, 0
    log.release(Lease(run=run, owner="runner", fence=1, ttl_s=60))
    sent = []
    for turn in range(60):
        writer = (log, other)[turn % 2]
        lease = writer.claim(run, owner=f"turn {turn}", ttl_s=60)
        for _ in range(turn % 3 + 1):
            more = arrivals(turn % 2 + 1)
            head = writer.append(lease, more, after=head).result()
            sent += more
        writer.release(lease)
    assert [entry.at for entry in log.read(run)] == [one.at for one in sent]
    assert check(log) == []
    other.close()
