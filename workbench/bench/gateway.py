"""What it costs that many follow one run, and that what they follow is durable first."""

import statistics
import time
from dataclasses import asdict

from workbench.bench.children import Child, child
from workbench.bench.harness import ROUNDS, Row, bounded, folder, row
from workbench.bench.readers import Readers, allow_files
from workbench.bench.upstream import Plan

__all__ = ["fan_out", "relay"]

_EVERY_S = 0.02
_ON_TIME_S = 0.1
_LEAD_S = 0.6  # until all runs have begun


def fan_out(scale: float) -> list[Row]:
    """One run, many followers: as they should be, and against a queue for each of them."""
    followers, events = max(4, int(1000 * scale)), max(5, int(50 * scale))
    allow_files(2 * followers + 100)
    with (
        folder() as path,
        child("served", "disk", path, "http://127.0.0.1:9/v1") as ours,
        child("served", "queues", path, "") as theirs,
    ):
        with _followed(ours, 4) as few:
            _publish(ours, few, 5)  # what is done once is not what a follower costs
            held = ours.ask("used")["held_kb"]
        with _followed(ours, followers) as mine, _followed(theirs, followers) as others:
            _publish(ours, mine, 5)  # until all are connected
            _publish(theirs, others, 5)
            rounds = []
            for _ in range(ROUNDS):
                ideal = followers * events
                cost, latencies = _publish(ours, mine, events)
                spent, received = _publish(theirs, others, events)
                each = cost["cpu_s"] / max(1, len(latencies)) * 1e6
                each_of_theirs = spent["cpu_s"] / max(1, len(received)) * 1e6
                rounds.append((latencies, (each, each_of_theirs)))
            kb = (ours.ask("used")["held_kb"] - held) / followers
    name = f"{followers:,} followers of one run at 50 events/s"
    late = [_late(latencies, ideal) * 100 for latencies, _ in rounds]
    p50 = [_percentile(latencies, 0.5) for latencies, _ in rounds]
    p99 = [_percentile(latencies, 0.99) for latencies, _ in rounds]
    return [
        bounded(f"{name}: not there in 100 ms", 2.0, late, unit="%"),
        bounded(f"{name}: median", 20.0, p50, unit="ms"),
        bounded(f"{name}: 99th percentile", 100.0, p99, unit="ms"),
        bounded(f"{name}: memory of each", 40.0, [kb], unit="KB"),
        row(
            "a delivery: processor time",
            "StreamingResponse, a queue for each",
            [pair for _, pair in rounds],
            unit="us",
            at_least=1.6,
        ),
    ]


def relay(scale: float) -> list[Row]:
    """Many runs of a provider at once: what logging them costs, and what durability adds."""
    runs, seconds = max(2, int(100 * scale)), max(0.2, 0.6 * scale)
    with (
        folder() as path,
        child("upstream") as upstream,
        child("served", "disk", path / "disk", upstream.hello) as disk,
        child("served", "memory", path / "memory", upstream.hello) as memory,
    ):
        for one in (disk, memory):
            _relayed(one, min(runs, 5), 0.2)  # what is done once
        latencies = [
            (_relayed(disk, runs, seconds), _relayed(memory, runs, seconds)) for _ in range(ROUNDS)
        ]
        cores = _cores(disk, runs, seconds)
    name = f"provider to follower, {runs * 50:,} events/s, {runs} followers"
    added = [ours - theirs for ours, theirs in latencies]
    return [
        bounded(f"{name}: what the log adds at the median", 1.0, added, unit="ms"),
        bounded(f"{runs} runs at 50 events/s each, all logged", 0.4, cores, unit="cores"),
    ]


def _followed(server: Child, followers: int) -> Readers:
    url = server.hello + server.ask("path")
    return Readers([url] * followers)


def _publish(server: Child, readers: Readers, number: int) -> tuple[dict[str, float], list[float]]:
    server.tell("publish", number=number, every_s=_EVERY_S)
    received = readers.read(number * _EVERY_S + 5, until=number * len(readers))
    return server.heard(), received


def _late(latencies: list[float], ideal: int) -> float:
    """The share of what should have arrived that did not, or not in time."""
    return 1 - sum(one <= _ON_TIME_S for one in latencies) / ideal


def _percentile(latencies: list[float], share: float) -> float:
    """In milliseconds."""
    found = sorted(latencies)
    return found[min(len(found) - 1, int(share * len(found)))] * 1000


def _begin(server: Child, runs: int, seconds: float) -> list[str]:
    """Runs that go on for so long after all of them have begun."""
    plan = Plan(deltas=int((_LEAD_S + seconds) / _EVERY_S), every_s=_EVERY_S)
    paths: list[str] = server.ask("begin", plan=asdict(plan), number=runs)
    return [server.hello + path for path in paths]


def _relayed(server: Child, runs: int, seconds: float) -> float:
    """Milliseconds at the median from the provider's sending to a follower's having read."""
    with Readers(_begin(server, runs, seconds)) as readers:
        latencies = readers.read(20)  # to the end of all of them
    # What came before belongs to the time in which the runs began, one after the other.
    return statistics.median(latencies[-int(runs * seconds / _EVERY_S) :]) * 1000


def _cores(server: Child, runs: int, seconds: float) -> list[float]:
    """What carrying these runs takes of a core, with nobody following, window by window."""
    _begin(server, runs, ROUNDS * seconds)
    time.sleep(_LEAD_S)
    found = []
    for _ in range(ROUNDS):
        before, began = server.ask("used")["cpu_s"], time.monotonic()
        time.sleep(seconds)
        spent, took = server.ask("used")["cpu_s"] - before, time.monotonic() - began
        found.append(spent / took)
    return found
