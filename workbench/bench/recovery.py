"""How long a run stands still when its connection or its process is lost."""

import sys
import time
from dataclasses import asdict
from pathlib import Path

from workbench import Run, Workbench
from workbench.bench.children import Child, answer, child
from workbench.bench.harness import ROUNDS, Row, bounded, folder, settings_for
from workbench.bench.upstream import Plan
from workbench.events import Fact

__all__ = ["reconnect", "takeover"]

_LEASE_S = 1.0


def reconnect(scale: float) -> list[Row]:
    """What we add to a reconnection beyond the wait we chose and what the provider takes."""
    rounds = max(1, round(2 * ROUNDS * scale))
    plan = Plan(deltas=40, every_s=0.005, cut_after=20)
    with (
        folder() as path,
        child("upstream") as upstream,
        Workbench(settings=settings_for(path, upstream.hello)) as wb,
    ):
        _begin(wb, plan).wait(60)  # what is done once
        added = [_added_ms(_begin(wb, plan)) for _ in range(rounds)]
    name = "reconnect after a cut: to the first new entry, beyond backoff and provider"
    return [bounded(name, 10.0, added, unit="ms")]


def takeover(scale: float) -> list[Row]:
    """A process that carries a run is killed, and another one on the same folder goes on."""
    rounds = max(1, round(ROUNDS * scale))
    plan = Plan(deltas=3000, every_s=0.02)
    with folder() as path, child("upstream") as upstream:
        victims = [Child("recovery", (path, upstream.hello)) for _ in range(rounds)]
        try:
            runs = [victim.ask("begin", plan=asdict(plan)) for victim in victims]
            with Workbench(settings=settings_for(path, upstream.hello, lease_s=_LEASE_S)) as wb:
                stood = [
                    _stood_still_s(wb, run, victim)
                    for run, victim in zip(runs, victims, strict=True)
                ]
        finally:
            for victim in victims:
                victim.kill()
    name = f"kill -9 of the runner, a lease of {_LEASE_S:g} s: to the first new entry elsewhere"
    return [bounded(name, _LEASE_S + 1.0, stood, unit="s")]


def _begin(wb: Workbench, plan: Plan) -> Run:
    return wb.start("x", provider="openai", model=plan.model, transport="background")


def _added_ms(run: Run) -> float:
    waited = 0.0
    for entry in run.follow():
        if entry.event["type"] == Fact.WAITING:
            waited += entry.event["seconds"]
        if "asked" in entry.event:
            seen, sent = time.monotonic(), entry.event["sent"]
            in_all, provider = seen - entry.event["cut"], sent - entry.event["asked"]
            run.wait(60)
            return float(in_all - provider - waited) * 1000
    raise RuntimeError("the run ended without having been resumed")


def _stood_still_s(wb: Workbench, run: str, victim: Child) -> float:
    entries = iter(wb.run(run).follow())
    while next(entries).event["type"] != "response.output_text.delta":
        pass
    victim.kill()
    killed = time.monotonic()
    # What the victim wrote last may still be unread; what was sent later is another's.
    while next(entries).event.get("asked", 0.0) < killed:
        pass
    return time.monotonic() - killed


def main(data: str, upstream: str) -> None:
    """The victim: carries one run until it is killed."""
    settings = settings_for(Path(data), upstream, lease_s=_LEASE_S, concurrency=1)
    wb = Workbench(settings=settings)
    # Whoever has loaded its provider claims its own runs at once, before others may.
    _begin(wb, Plan(deltas=1)).wait(60)

    def begin(plan: dict[str, float]) -> str:
        run = _begin(wb, Plan(**plan))  # type: ignore[arg-type] # what asdict made of one
        next(entry for entry in run.follow() if "sent" in entry.event)
        return run.id

    answer({"begin": begin})


if __name__ == "__main__":
    main(*sys.argv[1:])
