"""The log against SQLite, diskcache and a plain file."""

import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Callable
from time import monotonic, perf_counter, sleep

import diskcache
import orjson

from workbench.bench.harness import ROUNDS, Row, alternate, bounded, folder, row, timed
from workbench.clock import SystemClock
from workbench.events import Arrival, RunInfo, RunRequest
from workbench.log.base import Lease, Log
from workbench.log.disk import DiskLog
from workbench.log.ids import new_run_id
from workbench.log.records import block_of, pack

__all__ = ["append_one", "append_segment", "read_after", "read_all", "wake"]

_TUNED = {"eviction_policy": "none", "cull_limit": 0, "size_limit": 1 << 50}


def arrivals(number: int) -> list[Arrival]:
    """Events as long as those of real streams."""
    clock = SystemClock()
    return [
        Arrival(
            clock.now(),
            orjson.dumps(
                {
                    "type": "response.output_text.delta",
                    "sequence_number": n,
                    "item_id": "msg_68cf3a2b1c0081a2b4d9c0ffee00112233445566778899aa",
                    "output_index": 1,
                    "content_index": 0,
                    "delta": " words",
                    "logprobs": [],
                    "obfuscation": "Xk2pQz81LmVw",
                }
            ),
        )
        for n in range(number)
    ]


def started(log: Log) -> Lease:
    clock = SystemClock()
    request = RunRequest(input="x")
    run = log.create(RunInfo(id=new_run_id(clock), created_at=clock.now(), request=request))
    return log.claim(run.id, owner="bench", ttl_s=600)


def append_one(scale: float) -> list[Row]:
    number = max(10, int(2000 * scale))
    sent = arrivals(number)

    def ours() -> float:
        with folder() as path:
            log = DiskLog(path / "log")
            lease = started(log)

            def work() -> None:
                for n, arrival in enumerate(sent):
                    log.append(lease, [arrival], after=n).result()

            seconds = timed(work)
            log.close()
        return seconds / number * 1e6

    def theirs(settings: dict[str, object]) -> Callable[[], float]:
        def measure() -> float:
            with folder() as path, diskcache.Cache(str(path), **settings) as cache:

                def work() -> None:
                    for n, arrival in enumerate(sent):
                        cache[f"run:{n:015d}"] = arrival.json

                return timed(work) / number * 1e6

        return measure

    name = "append one event, flushed at once"
    return [
        row(name, against, alternate(ours, theirs(settings)), unit="us", at_least=0.8)
        for against, settings in (
            ("diskcache: cache[key] = value", {}),
            ("the same, set up like the log", _TUNED),
        )
    ]


def append_segment(scale: float) -> list[Row]:
    number = max(4, int(400 * scale))
    sent = arrivals(64 * 20)
    batches = [sent[n % 20 * 64 : (n % 20 + 1) * 64] for n in range(number)]
    packed = [pack(block_of(batch)) for batch in batches]

    def ours() -> float:
        with folder() as path:
            log = DiskLog(path / "log")
            lease = started(log)

            def work() -> None:
                for n, batch in enumerate(batches):
                    log.append(lease, batch, after=n * 64).result()

            seconds = timed(work)
            log.close()
        return seconds / number * 1e6

    def theirs() -> float:
        with folder() as path:
            DiskLog(path / "log").close()
            raw = sqlite3.connect(path / "log" / "cache.db", isolation_level=None)
            raw.execute("PRAGMA synchronous = normal")
            raw.execute(
                "CREATE TABLE segment (run TEXT, last INTEGER, value BLOB, PRIMARY KEY (run, last))"
                " WITHOUT ROWID"
            )

            def work() -> None:
                for n, value in enumerate(packed):
                    raw.execute("BEGIN IMMEDIATE")
                    raw.execute("INSERT INTO segment VALUES (?, ?, ?)", ("run", n, value))
                    raw.execute("COMMIT")

            seconds = timed(work)
            raw.close()
        return seconds / number * 1e6

    pairs = alternate(ours, theirs)
    return [row("append a segment of 64", "raw sqlite3", pairs, unit="us", at_least=0.55)]


def filled(log: DiskLog, number: int) -> str:
    lease = started(log)
    sent = arrivals(640)
    for n in range(0, number, 640):
        log.append(lease, sent[: number - n], after=n).result()
    return lease.run


def read_all(scale: float) -> list[Row]:
    number = max(100, int(10_000 * scale))
    with folder() as path:
        log = DiskLog(path / "log")
        run = filled(log, number)
        file = path / "events.jsonl"
        file.write_bytes(b"\n".join(log.read_raw(run, limit=number)))

        def ours() -> float:
            return timed(lambda: log.read(run, limit=number)) * 1e3

        def theirs() -> float:
            return timed(
                lambda: [orjson.loads(line) for line in file.read_bytes().splitlines()]
            ) * (1e3)

        pairs = alternate(ours, theirs, 15)
        log.close()
    against = "orjson.loads over a JSONL file"
    return [row(f"read {number:,} entries, decoded", against, pairs, unit="ms", at_least=0.6)]


def read_after(scale: float) -> list[Row]:
    number, runs = max(1000, int(10_000 * scale)), max(10, int(10_000 * scale))
    with folder() as path:
        small, large = DiskLog(path / "small"), DiskLog(path / "large")
        for _ in range(runs):
            filled(large, 100)
        places = [(log, filled(log, number)) for log in (large, small)]

        def measure(log: DiskLog, run: str) -> float:
            def work() -> None:
                for _ in range(50):
                    assert len(log.read(run, after=number // 2, limit=100)) == 100

            return timed(work) / 50 * 1e6

        pairs = alternate(lambda: measure(*places[0]), lambda: measure(*places[1]), 9)
        for log, _ in places:
            log.close()
    name = f"read 100 after a cursor, {runs * 100:,} entries in {runs:,} runs"
    return [row(name, f"{number:,} entries in one run", pairs, unit="us", at_most=1.5)]


_FOLLOWER = """
import sys
from pathlib import Path
from time import monotonic, process_time, sleep
from workbench.log.disk import DiskLog
from workbench.log.follow import Follower
log = DiskLog(Path(sys.argv[1]))
number, idle = int(sys.argv[3]), float(sys.argv[4])
follower = Follower(log, sys.argv[2])
entries = iter(follower)
print("ready", flush=True)
times = []
for _ in range(number):
    next(entries)
    times.append(monotonic())
print(*times, flush=True)
import threading
threading.Timer(0.5 + idle, follower.close).start()
sleep(0.5)
began, used = monotonic(), process_time()
threading.Thread(target=lambda: list(entries)).start()
sleep(idle)
print((process_time() - used) / (monotonic() - began), flush=True)
log.close()
"""


def wake(scale: float) -> list[Row]:
    number, idle_s = max(5, int(300 * scale)), max(0.2, 5 * scale)
    with folder() as path:
        log = DiskLog(path / "log")
        lease = started(log)
        follower = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", _FOLLOWER, path / "log", lease.run, str(number), str(idle_s)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert follower.stdout is not None
        assert follower.stdout.readline() == "ready\n"
        sent, sets, told = arrivals(number), [], []
        with diskcache.Cache(str(path / "cache"), **_TUNED) as cache:
            for n, arrival in enumerate(sent):
                sleep(n % 9 / 1000)
                told.append(monotonic())
                log.append(lease, [arrival], after=n).result()
                sleep(n % 9 / 1000)
                sets.append(set_and_get(cache, n, arrival.json))
        seen = [float(at) for at in follower.stdout.readline().split()]
        idle = float(follower.stdout.readline())
        follower.wait()
        follower.stdout.close()
        log.close()
    latencies = [(at - began) * 1e3 for at, began in zip(seen, told, strict=True)]
    pairs = list(zip(medians(latencies), medians([one * 1e3 for one in sets]), strict=True))
    name = "an append is seen in another process, median"
    return [
        row(name, "set and get in one process", pairs, unit="ms", at_most=2.0),
        bounded(name, 0.5, [latency for latency, _ in pairs], unit="ms"),
        row("an idle follower", "0.1 % of a core", [(idle * 100, 0.1)], unit="%", at_most=1.0),
    ]


def medians(values: list[float]) -> list[float]:
    """Of each round; both sides took turns value by value."""
    size = len(values) // ROUNDS
    return [statistics.median(values[n * size : (n + 1) * size]) for n in range(ROUNDS)]


def set_and_get(cache: diskcache.Cache, n: int, value: bytes) -> float:
    began = perf_counter()
    cache[f"run:{n:015d}"] = value
    assert cache[f"run:{n:015d}"] == value
    return perf_counter() - began
