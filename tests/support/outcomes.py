"""What a run's log says of its way, for tests that compare it with what was done to it."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.raw_server import Asked
from tests.support.scripted_provider import ScriptedProvider
from tests.support.truths import assert_true_to_the_provider
from workbench import Run, Workbench
from workbench.events import Event

__all__ = ["after", "carried", "causes", "ends", "facts", "modes", "survived", "waits"]

_LONGEST_S = 25.0


def survived(wb: Workbench, faults: str | None, **options: Any) -> Run:
    """A run through faults of the simulator that ended as if there had been none."""
    run = wb.start("Go", faults=faults, **{"scenario": "short", **options}).wait(_LONGEST_S)
    assert_true_to_the_provider(wb, run)
    return run


async def carried(wb: Workbench, server: ScriptedProvider, **options: Any) -> Run:
    """A run against a scripted provider, ended."""
    asked = {"provider": "openai", "model": "m", "base_url": server.base_url, **options}
    run = wb.start("Go", **asked)
    await asyncio.to_thread(run.wait, _LONGEST_S)
    assert ends(run) == 1
    return run


def facts(run: Run, kind: str) -> list[Event]:
    """The workbench's own events of one kind, such as `gap`, or provider events by full type."""
    kinds = {kind, f"workbench.{kind}"}
    return [entry.event for entry in run.entries() if entry.event["type"] in kinds]


def causes(run: Run) -> list[str]:
    """Why each interrupted connection ended."""
    return [fact["cause"] for fact in facts(run, "attempt.interrupted")]


def modes(run: Run) -> list[str]:
    """What each connection was opened for."""
    return [fact["mode"] for fact in facts(run, "attempt.started")]


def waits(run: Run, reason: str) -> list[float]:
    return [fact["seconds"] for fact in facts(run, "waiting") if fact["reason"] == reason]


def ends(run: Run) -> int:
    """How many terminal entries there are, of which the last entry must be one."""
    types = [entry.event["type"] for entry in run.entries()]
    terminal = [kind.startswith("workbench.run.") for kind in types[1:]]
    assert terminal[-1], types[-1]
    return sum(terminal)


def after(asked: Asked) -> str | None:
    """The `starting_after` of a resume."""
    path = asked.line.split(" ")[1]
    return parse_qs(urlsplit(path).query).get("starting_after", [None])[0]
