"""The invariant: whatever breaks, every run is exactly what the provider generated.

For each seed, one run with faults drawn from it, over all scenarios, carried by a real runner
against the simulator's real socket, and followed from random cursors by processes of which some
are killed and replaced. Run any number of them, and any single one again, with

    python -m tests.runner.invariant --seeds 10000
    python -m tests.runner.invariant --first 4711 --seeds 1
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.benches import open_bench
from tests.support.truths import untruths
from tests.support.waiting import wait_until
from tests.support.watcher import Watcher, digest
from workbench import Run, Workbench

__all__ = ["Verdict", "check_seeds"]

SCENARIOS = sorted(path.stem for path in (Path(__file__).parents[2] / "data/scenarios").iterdir())
# Megabytes of text, or twenty thousand events: a few of these runs are enough.
LARGE = ("huge", "tiny")
BATCH = 25
ENDS_S = 120.0


@dataclass
class Verdict:
    """What went wrong, by seed, and what happened on the way."""

    problems: dict[int, list[str]] = field(default_factory=dict)
    facts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    followers: int = 0


@dataclass
class _Reader:
    """One follower of one run, and the one that took over from its cursor."""

    run: Run
    after: int
    watcher: Watcher


def scenario_of(seed: int) -> str:
    chance = random.Random(f"scenario {seed}")
    name = chance.choice(SCENARIOS)
    return name if name not in LARGE or chance.random() < 0.2 else "short"


def check_seeds(folder: Path, seeds: range, verdict: Verdict) -> None:
    """Start them all at once and compare each with the truth when it has ended."""
    with open_bench(folder, simulator_speed=100, idle_s=8.0) as wb:
        runs = {seed: _start(wb, seed) for seed in seeds}
        _follow(folder, wb, runs, verdict)
        for seed, run in runs.items():
            try:
                run.wait(ENDS_S)
            except TimeoutError as error:
                verdict.problems.setdefault(seed, []).append(str(error))
                continue
            if problems := untruths(wb, run):
                verdict.problems.setdefault(seed, []).extend(problems)
            if wb.log.holder(run.id) is not None:
                wait_until(lambda run=run: wb.log.holder(run.id) is None, "a released lease")  # type: ignore[misc]  # the default argument binds the loop's variable
            verdict.statuses[run.status] += 1
            verdict.facts.update(_facts(run))
        assert wb.runner.carried == []


def _start(wb: Workbench, seed: int) -> Run:
    return wb.start("Go", scenario=scenario_of(seed), faults=f"random:{seed}", seed=seed)


def _follow(folder: Path, wb: Workbench, runs: dict[int, Run], verdict: Verdict) -> None:
    """Two processes follow every run; one of them is killed and another one goes on."""
    chance = random.Random(f"followers {min(runs)}")
    with Watcher(folder) as steady, Watcher(folder) as doomed, Watcher(folder) as heir:
        readers = {}
        for seed, run in runs.items():
            after = chance.choice((0, 0, 1, chance.randrange(2, 15)))
            readers[seed] = after
            steady.follow(run.id, after)
            doomed.follow(run.id, after)
        some = chance.choice(list(runs.values()))
        wait_until(
            lambda: len(doomed.seen[some.id]) > 3 or some.id in doomed.ended or some.is_ended,
            "something seen by the follower that will be killed",
            timeout_s=ENDS_S,
        )
        doomed.kill()
        for seed, run in runs.items():
            seen = doomed.seen[run.id]
            heir.follow(run.id, seen[-1][0] if seen else readers[seed])
        for seed, run in runs.items():
            for watcher in (steady, heir):
                wait_until(
                    lambda run=run, watcher=watcher: run.id in watcher.ended,  # type: ignore[misc]  # as above
                    f"the end of run {run.id}, seed {seed}, at a follower",
                    timeout_s=ENDS_S,
                )
            expected = [(entry.cursor, digest(entry.event)) for entry in run.entries(readers[seed])]
            both = doomed.seen[run.id] + heir.seen[run.id]
            for name, seen in (("steady", steady.seen[run.id]), ("replaced", both)):
                verdict.followers += 1
                if seen != expected:
                    said = f"the {name} follower saw {len(seen)} of {len(expected)} entries"
                    verdict.problems.setdefault(seed, []).append(said)


def _facts(run: Run) -> Counter[str]:
    facts: Counter[str] = Counter()
    for entry in run.entries():
        kind = entry.event["type"]
        if kind.startswith("workbench."):
            facts[entry.event.get("cause") or kind.removeprefix("workbench.")] += 1
    return facts


def main() -> int:
    options = argparse.ArgumentParser(description="Check the invariant for many seeds.")
    options.add_argument("--seeds", type=int, default=300)
    options.add_argument("--first", type=int, default=0)
    chosen = options.parse_args()
    verdict, began = Verdict(), time.monotonic()
    last = chosen.first + chosen.seeds
    for first in range(chosen.first, last, BATCH):
        with tempfile.TemporaryDirectory() as folder:
            check_seeds(Path(folder), range(first, min(first + BATCH, last)), verdict)
        _say(f"{min(first + BATCH, last) - chosen.first} of {chosen.seeds} seeds")
    for seed, problems in verdict.problems.items():
        _say(f"seed {seed}, {scenario_of(seed)}: " + "; ".join(problems))
    _say(f"{verdict.statuses}, {verdict.followers} followers, {verdict.facts}")
    _say(f"{len(verdict.problems)} failures in {time.monotonic() - began:.0f} s")
    return 1 if verdict.problems else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
