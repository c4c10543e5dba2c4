"""A long run whose carrier is killed again and again, each time at a random point.

python -m tests.crash.kills --kills 50
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.support.benches import open_bench
from tests.support.carrier import Carrier
from tests.support.truths import untruths
from tests.support.waiting import wait_until
from workbench import Run, Workbench

__all__ = ["kill_again_and_again"]

LEASE_S = 1.0


def kill_again_and_again(folder: Path, kills: int, *, seed: int = 0) -> list[float]:
    """How long each takeover took, in seconds; AssertionError when anything was lost."""
    chance = random.Random(seed)
    # Slow enough to outlast all kills: about 320 events over this many seconds.
    speed = round(13 / (kills * 2.2 + 5), 2)
    options = {"input": "Go", "scenario": "travel", "seed": seed, "speed": speed}
    takeovers = []
    with open_bench(folder, runner=False) as wb:
        carriers = [Carrier(folder, lease_s=LEASE_S) for _ in range(2)]
        try:
            run = wb.run(carriers[0].start(**options))
            wait_until(lambda: run.state.response_id, "the response's id")
            for _ in range(kills):
                time.sleep(chance.uniform(0, 0.5))  # a random point is a point in time
                if run.is_ended:
                    break
                victim = wait_until(lambda: holder_of(wb, run, carriers), "a holder")
                assert victim is not None
                attempt, killed = run.state.attempt, time.time()
                victim.kill()
                carriers.remove(victim)
                carriers.append(Carrier(folder, lease_s=LEASE_S))
                wait_until(
                    lambda attempt=attempt: run.state.attempt > attempt or run.is_ended,  # type: ignore[misc]  # the default argument binds the loop's variable
                    "a takeover",
                )
                news = (entry.at for entry in run.entries() if entry.at > killed)
                takeovers.append(next(news) - killed)
            run.wait(120)
            problems = untruths(wb, run)
        finally:
            for process in carriers:
                process.__exit__()
    assert problems == [], f"seed {seed}: {problems}"
    return takeovers


def holder_of(wb: Workbench, run: Run, carriers: list[Carrier]) -> Carrier | None:
    """The process that carries the run; an owner's name holds its process id."""
    held = wb.log.holder(run.id)
    pid = held[0].split(":")[1] if held else ""
    return next((one for one in carriers if str(one.process.pid) == pid), None)


def main() -> int:
    options = argparse.ArgumentParser(description="Kill the carrier of a long run.")
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        takeovers = sorted(kill_again_and_again(Path(folder), chosen.kills, seed=chosen.seed))
    half = takeovers[len(takeovers) // 2]
    sys.stdout.write(
        f"{len(takeovers)} kills, nothing lost; takeover with a lease of {LEASE_S} s: "
        f"median {half:.2f} s, longest {takeovers[-1]:.2f} s\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
