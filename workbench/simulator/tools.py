"""Which function calls a request answers, and which turn of the scenario comes next."""

from dataclasses import dataclass, field
from typing import Any

from workbench.simulator.objects import texts_of
from workbench.simulator.scenario import Scenario
from workbench.simulator.store import Record

__all__ = ["Outputs", "answered", "next_turn", "unanswered"]


@dataclass(slots=True)
class Outputs:
    """Outputs of function calls, in the order given."""

    texts: list[str] = field(default_factory=list)
    by_name: dict[str, str] = field(default_factory=dict)
    call_ids: set[str] = field(default_factory=set)


def answered(given: Any, previous: Record | None) -> Outputs:
    """From input items or chat messages, named by the calls that stand before them."""
    outputs = Outputs()
    names = dict(previous.calls) if previous else {}
    for item in given if isinstance(given, list) else ():
        if not isinstance(item, dict):
            continue
        names |= _calls_of(item)
        kind = item.get("type")
        if kind in ("function_call_output", "custom_tool_call_output"):
            text = "".join(texts_of(item.get("output")))
        elif item.get("role") == "tool":
            text = "".join(texts_of(item.get("content")))
        else:
            continue
        call_id = str(item.get("call_id") or item.get("tool_call_id"))
        outputs.texts.append(text)
        outputs.call_ids.add(call_id)
        if call_id in names:
            outputs.by_name[names[call_id]] = text
    return outputs


def _calls_of(item: dict[str, Any]) -> dict[str, str]:
    if item.get("type") in ("function_call", "custom_tool_call"):
        return {str(item.get("call_id")): str(item.get("name"))}
    calls = item.get("tool_calls")
    names = {}
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            names[str(call.get("id"))] = str(function.get("name"))
    return names


def unanswered(previous: Record, outputs: Outputs) -> str | None:
    """A call of the previous response that this request leaves without an output."""
    return next((id_ for id_ in previous.calls if id_ not in outputs.call_ids), None)


def next_turn(scenario: Scenario, outputs: Outputs, previous: Record | None) -> int:
    """One turn on for each round of outputs; without outputs, from the beginning."""
    last = len(scenario.turns) - 1
    if not outputs.texts:
        return 0
    if previous and previous.scenario == scenario.name:
        return min(previous.turn + 1, last)
    turn, left = 0, len(outputs.texts)
    while turn < last and scenario.turns[turn].calls and left >= len(scenario.turns[turn].calls):
        left -= len(scenario.turns[turn].calls)
        turn += 1
    return turn
