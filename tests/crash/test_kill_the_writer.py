"""A writer is killed without warning, again and again, while others follow.

`WORKBENCH_KILLS=200 pytest tests/crash -n 0` kills two hundred times; the normal suite fifteen.
"""

import hashlib
import os
import random
import subprocess
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep

import orjson
import pytest

from tests.support.logs import new_run
from tests.support.processes import running
from workbench.log.check import check
from workbench.log.disk import DiskLog

KILLS = int(os.environ.get("WORKBENCH_KILLS", "15"))

WRITER = """
import asyncio, os, random, sys
from pathlib import Path
from tests.crash.events import event
from workbench.clock import SystemClock
from workbench.errors import LeaseHeld
from workbench.events import Arrival, terminal_type
from workbench.log.base import Closing
from workbench.log.disk import DiskLog

folder, seed, *runs = sys.argv[1:]
chance = random.Random(seed)
os.write(1, b"ready\\n")
finish = sys.stdin.readline() == "finish\\n"
log = DiskLog(Path(folder))
clock = SystemClock()

def claim(run):
    while True:
        try:
            return log.claim(run, owner=f"process {os.getpid()}", ttl_s=0.02)
        except LeaseHeld:
            pass

def batch(lease, head):
    size = chance.choice([1, 1, 1, 2, 10, 64, 100])
    return [Arrival(clock.now(), event(lease.run, n)) for n in range(head + 1, head + size + 1)]

def acknowledged(lease, head):
    os.write(1, f"{lease.run} {head}\\n".encode())

leases = [claim(run) for run in runs]
heads = {lease.run: log.head(lease.run)[0] for lease in leases}

async def write_together():
    futures = []
    for lease in leases:
        sent = batch(lease, heads[lease.run])
        futures.append(asyncio.wrap_future(log.append(lease, sent, after=heads[lease.run])))
    for lease, head in zip(leases, await asyncio.gather(*futures)):
        heads[lease.run] = head
        acknowledged(lease, head)

while not finish:
    if chance.random() < 0.5:
        asyncio.run(write_together())
    lease = chance.choice(leases)
    heads[lease.run] = log.append(
        lease, batch(lease, heads[lease.run]), after=heads[lease.run]
    ).result()
    acknowledged(lease, heads[lease.run])

for lease in leases:
    end = Arrival(clock.now(), ('{"type":"%s"}' % terminal_type("completed")).encode())
    log.append(lease, [end], after=heads[lease.run], closing=Closing(status="completed")).result()
log.close()
"""

FOLLOWER = """
import hashlib, sys, threading
from pathlib import Path
from workbench.log.disk import DiskLog
from workbench.log.follow import Follower

folder, *runs = sys.argv[1:]
log = DiskLog(Path(folder))
print("ready", flush=True)

def follow(run):
    seen, count = hashlib.sha256(), 0
    for batch in Follower(log, run).raw_batches():
        for raw in batch:
            seen.update(raw)
            count += 1
    print(run, count, seen.hexdigest(), flush=True)

threads = [threading.Thread(target=follow, args=(run,)) for run in runs]
for thread in threads: thread.start()
for thread in threads: thread.join()
log.close()
"""


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline()


def go(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdin
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


class Ledger:
    """What was acknowledged, against what is there."""

    def __init__(self, log: DiskLog, runs: list[str]) -> None:
        self.log = log
        self.acknowledged = dict.fromkeys(runs, 0)
        self.checked = dict.fromkeys(runs, 0)

    def note(self, lines: str) -> None:
        # The last line may be cut by the kill; it was then not told to anybody.
        for told in lines.splitlines(keepends=True):
            if told.endswith("\n") and len(told.split()) == 2:
                run, head = told.split()
                self.acknowledged[run] = max(self.acknowledged[run], int(head))

    def check(self) -> None:
        for run, acknowledged in self.acknowledged.items():
            assert self.log.head(run)[0] >= acknowledged
            while entries := self.log.read(run, after=self.checked[run]):
                for entry in entries:
                    self.checked[run] += 1
                    assert entry.cursor == self.checked[run]
                    assert (entry.event["run"], entry.event["n"]) == (run, entry.cursor)


@pytest.mark.crash
@pytest.mark.timeout(60 + 5 * KILLS)
def test_no_acknowledged_entry_is_lost_or_doubled_by_kills(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    log = DiskLog(folder)
    chance = random.Random(KILLS)
    runs = [new_run(log).id for _ in range(3)]
    ledger = Ledger(log, runs)
    with ExitStack() as stack:
        followers = [stack.enter_context(running(FOLLOWER, folder, *runs)) for _ in range(2)]
        assert [line(follower) for follower in followers] == ["ready\n"] * 2

        killed = 0
        writer = stack.enter_context(running(WRITER, folder, 0, *runs))
        while killed < KILLS:
            # The next writer starts up while this one works, and takes over where it was killed.
            following = stack.enter_context(running(WRITER, folder, killed + 1, *runs))
            assert line(writer) == "ready\n"
            go(writer, "write")
            sleep(chance.uniform(0.0, 0.25))  # the moment of the kill is the point of the test
            writer.kill()
            killed += 1
            told, _ = writer.communicate()
            ledger.note(told)
            ledger.check()
            writer = following
        assert line(writer) == "ready\n"
        go(writer, "finish")
        assert writer.wait(30) == 0

        saw = [sorted(line(follower) for _ in runs) for follower in followers]
    assert saw[0] == saw[1] == sorted(held(log, run) for run in runs)
    assert check(log) == []
    log.close()
    entries = sum(ledger.checked.values())
    print(f"{killed} kills, {entries} entries, {sum(ledger.acknowledged.values())} acknowledged")  # noqa: T201 - what a long run is for
    assert sum(ledger.acknowledged.values()) > 0


def held(log: DiskLog, run: str) -> str:
    """The line that a follower prints when it has seen exactly what the log holds."""
    seen, cursor = hashlib.sha256(), 0
    while batch := log.read_raw(run, after=cursor):
        for raw in batch:
            seen.update(raw)
        cursor += len(batch)
    assert orjson.loads(raw)["event"] == {"type": "workbench.run.completed"}
    return f"{run} {cursor} {seen.hexdigest()}\n"


def test_a_killed_writer_is_replaced_after_its_lease(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    log = DiskLog(folder)
    run = new_run(log).id
    with running(WRITER, folder, 1, run) as writer:
        assert line(writer) == "ready\n"
        go(writer, "write")
        assert line(writer)
        writer.kill()
        writer.wait()
    began = monotonic()
    with running(WRITER, folder, 2, run) as second:
        assert line(second) == "ready\n"
        go(second, "finish")
        assert second.wait(30) == 0
    assert log.head(run)[1]
    assert monotonic() - began < 30
    log.close()
