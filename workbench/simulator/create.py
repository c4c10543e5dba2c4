"""Reads the request of a create: what is asked for, which scenario answers, and how."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from workbench.simulator.exchange import Reply
from workbench.simulator.improvise import IMPROVISED, can_improvise, improvised
from workbench.simulator.objects import texts_of
from workbench.simulator.refusals import invalid, missing, no_model, refusal
from workbench.simulator.scenario import Scenario
from workbench.simulator.store import Record, Store
from workbench.simulator.tools import answered, next_turn, unanswered

__all__ = ["BUDGETS", "Api", "Asked", "Options", "read_create"]

Api = Literal["responses", "chat"]
BUDGETS = ("max_output_tokens", "max_completion_tokens", "max_tokens")
_TYPES: Final[dict[str, tuple[type, tuple[str, ...]]]] = {
    "a boolean": (bool, ("stream", "background", "store")),
    "a string": (str, ("previous_response_id", "instructions")),
    "an object": (dict, ("reasoning", "text", "response_format", "stream_options", "prompt")),
    "an array": (list, ("tools", "include")),
    "a positive integer": (int, BUDGETS),
}
_KNOWN_MODELS = ("sim", "gpt-", "o1", "o3", "o4", "chatgpt-", "codex-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a simulator behaves when a request does not say otherwise."""

    speed: float = 1.0  # ten times faster is 10; 0 is as fast as possible
    seed: int = 0
    scenario: str | None = None  # None lets the request decide
    folder: Path | None = None  # responses outlive the process here
    require_key: bool | str = False  # True: any key; a string: exactly this one
    stream_window_s: float = 300.0
    data_window_s: float = 600.0
    after_cancel: Literal["failed", "end", "continue"] = "failed"
    manners: Literal["openai", "openrouter"] = "openai"  # of chat completions
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)  # empty: those that ship


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A valid create, before it is accepted."""

    body: dict[str, Any]
    scenario: Scenario
    turn: int
    seed: str
    pinned: bool  # the request names its seed: same request, same bytes, whenever it is sent
    speed: float
    faults: str | None
    variables: dict[str, str]
    fingerprint: str


def read_create(request_body: bytes, api: Api, options: Options, store: Store) -> Asked | Reply:
    try:
        body = orjson.loads(request_body)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        return refusal(400, "We could not parse the JSON body of your request.")
    wrong = _check(body, api) or _check_metadata(body.get("metadata"))
    if wrong:
        return wrong
    previous = None
    if api == "responses" and (before := body.get("previous_response_id")):
        previous = store.get(before)
        if previous is None or not previous.is_stored:
            message = f"Previous response with id '{before}' not found."
            code = "previous_response_not_found"
            return refusal(400, message, param="previous_response_id", code=code)
    scenario = _choose(body, api, options, previous)
    if isinstance(scenario, Reply):
        return scenario
    return _asked(body, scenario, options, previous)


def _check(body: dict[str, Any], api: Api) -> Reply | None:
    given = "messages" if api == "chat" else "input"
    if not isinstance(body.get("model"), str):
        return missing("model")
    if body.get(given) in (None, "", []) and not body.get("prompt"):
        return missing(given)
    items = body.get(given)
    if not isinstance(items, list) and (api == "chat" or not isinstance(items, str | None)):
        return invalid(given, "an array" if api == "chat" else "a string or an array of items")
    if isinstance(items, list) and not all(isinstance(item, dict) for item in items):
        return invalid(given, "an array of objects")
    for expected, (kind, names) in _TYPES.items():
        for name in names:
            if not isinstance(body.get(name), kind | None):
                return invalid(name, expected)
    for name in BUDGETS:
        limit = body.get(name)
        if limit is not None and (isinstance(limit, bool) or limit < 1):
            return invalid(name, "a positive integer")
    return _check_tools(body.get("tools") or [])


def _check_tools(tools: list[Any]) -> Reply | None:
    for number, tool in enumerate(tools):
        if not isinstance(tool, dict):
            return invalid(f"tools[{number}]", "an object")
        if tool.get("type") != "function":
            continue
        function = tool.get("function") or tool
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            return missing(f"tools[{number}].name")
        if not isinstance(function.get("parameters"), dict | None):
            return invalid(f"tools[{number}].parameters", "a JSON schema")
    return None


def _check_metadata(metadata: Any) -> Reply | None:
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        return invalid("metadata", "an object")
    for name, value in metadata.items():
        if not isinstance(value, str):
            return invalid(f"metadata.{name}", "a string")
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", metadata.get("speed", "1")):
        return invalid("metadata.speed", "a number of at least 0", code="invalid_value")
    return None


def _choose(
    body: dict[str, Any], api: Api, options: Options, previous: Record | None
) -> Scenario | Reply:
    """The request decides, then what it continues, then the server, then what it looks like."""
    model, metadata = body["model"], body.get("metadata") or {}
    prefix, _, named = model.partition(":")
    if prefix == "sim" and named:
        if named not in options.scenarios:
            return no_model(model, chat=api == "chat")
        return options.scenarios[named]
    if not model.startswith(_KNOWN_MODELS) and "/" not in model:
        return no_model(model, chat=api == "chat")
    if wanted := metadata.get("scenario"):
        if wanted not in options.scenarios:
            known = ", ".join(options.scenarios)
            return invalid("metadata.scenario", f"one of {known}", code="invalid_value")
        return options.scenarios[wanted]
    if previous and previous.scenario == IMPROVISED:
        # The functions asked for may not be repeated when their outputs are given.
        return improvised({**previous.request, **body})
    if previous and previous.scenario in options.scenarios:
        return options.scenarios[previous.scenario]
    if options.scenario is None and can_improvise(body):
        return improvised(body)
    name = options.scenario or _fitting(body)
    return options.scenarios.get(name) or next(iter(options.scenarios.values()))


def _fitting(body: dict[str, Any]) -> str:
    if body.get("background") or (body.get("reasoning") or {}).get("effort"):
        return "planner"
    return "short"


def _asked(
    body: dict[str, Any], scenario: Scenario, options: Options, previous: Record | None
) -> Asked | Reply:
    given = body.get("input", body.get("messages", ""))
    outputs = answered(given, previous)
    if previous and previous.cancelled is None and (waiting := unanswered(previous, outputs)):
        return refusal(400, f"No tool output found for function call {waiting}.", param="input")
    metadata = body.get("metadata") or {}
    seed = metadata.get("seed", str(options.seed))
    turn = next_turn(scenario, outputs, previous)
    said = list(texts_of(_last_words(given)))
    variables = {"input": said[-1] if said else "", "output": "\n".join(outputs.texts)}
    earlier = previous.variables if previous else {}
    variables |= {name: text for name, text in earlier.items() if name.startswith("output.")}
    variables |= {f"output.{name}": text for name, text in outputs.by_name.items()}
    canonical = orjson.dumps([body, seed], option=orjson.OPT_SORT_KEYS)
    return Asked(
        body=body,
        scenario=scenario,
        turn=turn,
        seed=f"{scenario.name}/{turn}/{seed}",
        pinned="seed" in metadata,
        speed=float(metadata.get("speed", options.speed)),
        faults=metadata.get("faults"),
        variables=variables,
        fingerprint=hashlib.sha256(canonical).hexdigest(),
    )


def _last_words(given: Any) -> Any:
    """What the user said last."""
    if not isinstance(given, list):
        return given
    for item in reversed(given):
        if isinstance(item, dict) and item.get("role") == "user":
            return item
    return ""
