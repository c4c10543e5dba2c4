"""A turn of a scenario, compiled: every event without its ids, and every moment.

A script depends on the turn, the seed, the texts it quotes and the token budget, and on nothing
else, so all responses that agree on these share one.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workbench.simulator.builder import Beat, Builder
from workbench.simulator.items import BUILDERS
from workbench.simulator.steps import Outcome, Step, Turn, fill

__all__ = ["Script", "compile_turn"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Script:
    """What one response says, before it has an id."""

    beats: tuple[Beat, ...]
    output: tuple[Mapping[str, Any], ...]
    ending: Outcome
    duration: float  # seconds from the start of work to the terminal event, at speed 1
    output_tokens: int
    reasoning_tokens: int


def compile_turn(
    turn: Turn, seed: str, variables: Mapping[str, str], budget: int | None = None
) -> Script:
    used = tuple(sorted((name, variables.get(name, "")) for name in turn.variables))
    return _compile(turn, seed, used, budget)


@lru_cache(maxsize=32)
def _compile(
    turn: Turn, seed: str, variables: tuple[tuple[str, str], ...], budget: int | None
) -> Script:
    values = dict(variables)
    b = Builder(
        turn.timing, random.Random(seed), budget=budget, fails=turn.ending.status == "failed"
    )
    for step in turn.steps:
        if b.stopped:
            break
        b.silence(step.before)
        BUILDERS[step.kind](b, _filled(step, values))
    ending = turn.ending
    if b.spent:
        ending = Outcome(status="incomplete", reason="max_output_tokens")
    beats = b.beats
    if ending.error_event:
        beats = [*beats, Beat(round(b.at, 6), "error", _error_fields(ending))]
    return Script(
        beats=tuple(beats),
        output=tuple(b.output),
        ending=ending,
        duration=round(b.at, 6),
        output_tokens=b.output_tokens,
        reasoning_tokens=b.reasoning_tokens,
    )


def _filled(step: Step, values: Mapping[str, str]) -> Step:
    if not values:
        return step
    filled = {
        name: fill(value, values)
        if isinstance(value, str)
        else tuple(fill(each, values) for each in value)
        if isinstance(value, tuple)
        else value
        for name, value in step.values.items()
    }
    return Step(
        kind=step.kind,
        values=filled,
        before=step.before,
        pace=step.pace,
        burst=step.burst,
        chunk=step.chunk,
        stop=step.stop,
    )


def _error_fields(ending: Outcome) -> dict[str, Any]:
    facts = {"code": ending.code, "message": ending.message, "param": None}
    if ending.error_event == "flat":
        return facts
    return {"error": {"type": ending.code, **facts}}
