"""Every event of every scenario: valid for the official SDK, consistent, shaped as recorded."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.support.asking import ask
from tests.support.needs import recordings
from workbench.simulator.app import Application, Options
from workbench.simulator.scenario import load_all, parse

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
RESPONSE: TypeAdapter[Response] = TypeAdapter(Response)
KNOWN = {
    value
    for member in get_args(get_args(ResponseStreamEvent)[0])
    for value in get_args(member.model_fields["type"].annotation)
}
# Two endings that a completed response cannot have; `failed` and `incomplete` have them.
OTHER_ENDINGS = {"response.failed", "response.incomplete"}


def events_of_scenario(name: str, turn_outputs: int = 0) -> list[dict[str, Any]]:
    app = Application(Options(speed=0))
    asked = {"model": f"sim:{name}", "input": "Go on.", "background": True, "stream": True}
    answer = ask(app, "POST", "/v1/responses", asked)
    for _ in range(turn_outputs):
        response = answer.events[-1]["response"]
        outputs = [
            {"type": f"{item['type']}_output", "call_id": item["call_id"], "output": "42"}
            for item in response["output"]
            if "call_id" in item and item["type"] in ("function_call", "custom_tool_call")
        ]
        more = {**asked, "input": outputs, "previous_response_id": response["id"]}
        answer = ask(app, "POST", "/v1/responses", more)
    return answer.events


TURNS = [(name, turn) for name, each in load_all().items() for turn in range(len(each.turns))]


@pytest.mark.parametrize(("name", "turn"), TURNS)
def test_every_event_is_valid_for_the_sdk_strictly(name: str, turn: int) -> None:
    seen: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for event in events_of_scenario(name, turn):
        shape = (event["type"], *sorted(event))
        seen[shape] += 1
        if seen[shape] < 20:  # thousands of equal shapes prove nothing more
            EVENT.validate_json(json.dumps(event), strict=True)
        if "response" in event:
            RESPONSE.validate_json(json.dumps(event["response"]), strict=True)


def test_every_known_type_of_event_is_produced() -> None:
    every = {event["type"] for event in events_of_scenario("every_event")}
    assert len(KNOWN) == 59
    assert every == KNOWN - OTHER_ENDINGS
    assert {events_of_scenario(name)[-1]["type"] for name in ("failed", "incomplete")} == (
        OTHER_ENDINGS
    )


def said_in(events: list[dict[str, Any]], kind: str) -> dict[tuple[Any, ...], str]:
    said: defaultdict[tuple[Any, ...], str] = defaultdict(str)
    for event in events:
        if event["type"] == f"response.{kind}.delta":
            said[_place(event)] += event["delta"]
    return said


def _place(event: dict[str, Any]) -> tuple[Any, ...]:
    return (event["output_index"], event.get("content_index"), event.get("summary_index"))


DONE_FIELDS = {
    "output_text": "text",
    "refusal": "refusal",
    "reasoning_summary_text": "text",
    "reasoning_text": "text",
    "function_call_arguments": "arguments",
    "mcp_call_arguments": "arguments",
    "custom_tool_call_input": "input",
    "code_interpreter_call_code": "code",
    "shell_call_command": "command",
}


@pytest.mark.parametrize(("name", "turn"), TURNS)
def test_what_is_done_is_what_the_deltas_said(name: str, turn: int) -> None:
    events = events_of_scenario(name, turn)
    for kind, field in DONE_FIELDS.items():
        said = said_in(events, kind)
        done = {_place(e): e[field] for e in events if e["type"] == f"response.{kind}.done"}
        if name == "failed":
            assert done.items() <= said.items()
        else:
            assert done == said


@pytest.mark.parametrize(("name", "turn"), TURNS)
def test_the_final_object_holds_the_items_that_were_done(name: str, turn: int) -> None:
    events = events_of_scenario(name, turn)
    done = {e["output_index"]: e["item"] for e in events if e["type"].endswith("item.done")}
    final = events[-1]["response"]["output"]
    assert {index: final[index] for index in done} == done
    if name != "failed":
        assert len(final) == len(done)


def test_a_failed_response_keeps_what_was_said() -> None:
    events = events_of_scenario("failed")
    said = "".join(said_in(events, "output_text").values())
    message = events[-1]["response"]["output"][-1]
    assert (message["status"], message["content"][0]["text"]) == ("incomplete", said)
    assert events[-1]["response"]["error"]["code"] == "server_error"


def test_usage_counts_four_characters_as_a_token() -> None:
    events = events_of_scenario("short")
    text = "".join(said_in(events, "output_text").values())
    summaries = said_in(events, "reasoning_summary_text").values()
    usage = events[-1]["response"]["usage"]
    reasoning = 4 * sum(-(-len(summary) // 4) for summary in summaries)
    assert usage["output_tokens_details"]["reasoning_tokens"] == reasoning
    assert usage["output_tokens"] == reasoning + -(-len(text) // 4)
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


# Decided differences from recorded traffic; docs/simulator.md says why.
ONLY_RECORDED = {
    "error": {"error"},  # the recorded form nests its facts; a scenario may ask for it
    "response.completed": {"copilot_usage"},  # another vendor's
}
# What only some vendors, models or settings send.
LEFT_OUT = {
    "response": {"moderation", "tool_usage", "conversation", "prompt_cache_options"},
    "message": {"phase"},
    "reasoning": {"status", "encrypted_content"},
}
OWN = {"mcp_list_tools": {"error"}}
ONLY_SIMULATED = {"error": {"code", "message", "param"}}


def recorded_events(folder: Path, provider: str = "*") -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob(f"{provider}/responses--*.sse")):
        for line in path.read_bytes().decode("utf-8", "replace").splitlines():
            if line.startswith("data: {"):
                try:
                    yield json.loads(line[6:])
                except json.JSONDecodeError:
                    continue  # splitlines also splits inside JSON; whole events suffice


@pytest.mark.recordings
def test_keys_are_those_of_recorded_traffic() -> None:
    recorded: defaultdict[str, set[str]] = defaultdict(set)
    for event in recorded_events(recordings()):
        recorded[event["type"]] |= set(event)
    simulated: defaultdict[str, set[str]] = defaultdict(set)
    for name in ("every_event", "failed", "short"):
        for event in events_of_scenario(name):
            simulated[event["type"]] |= set(event)
    assert set(recorded) <= set(simulated)
    for kind in set(recorded) & set(simulated):
        missing = recorded[kind] - simulated[kind] - {"obfuscation"}
        added = simulated[kind] - recorded[kind] - {"obfuscation"}
        assert missing <= ONLY_RECORDED.get(kind, set()), f"{kind} lacks {missing}"
        assert added <= ONLY_SIMULATED.get(kind, set()), f"{kind} adds {added}"


def keys_of_objects(events: Iterator[dict[str, Any]]) -> dict[str, set[str]]:
    """Keys of response objects, and of output items by their type."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for event in events:
        response = event.get("response", {})
        keys["response"] |= set(response)
        for item in [*response.get("output", ()), *([event["item"]] if "item" in event else ())]:
            keys[item["type"]] |= set(item)
    return keys


@pytest.mark.recordings
def test_objects_have_the_keys_of_recorded_ones() -> None:
    recorded = keys_of_objects(recorded_events(recordings(), "openai"))
    simulated = keys_of_objects(iter(events_of_scenario("every_event")))
    for kind in set(recorded) & set(simulated):
        missing, added = recorded[kind] - simulated[kind], simulated[kind] - recorded[kind]
        assert missing <= LEFT_OUT.get(kind, set()), f"{kind} lacks {missing}"
        assert added <= OWN.get(kind, set()), f"{kind} adds {added}"


def test_any_item_can_be_written_out() -> None:
    scenario = parse(
        "title: x\ndescription: x.\nsteps:\n"
        "  - item: {done: {type: apply_patch_call, status: completed, call_id: null}}\n",
        name="patch",
    )
    app = Application(Options(speed=0, scenarios={"patch": scenario}))
    (item,) = ask(app, "POST", "/v1/responses", {"model": "sim", "input": "x"}).json["output"]
    assert item["id"].startswith("item_")
    assert item["call_id"].startswith("call_")


def test_reasoning_is_sealed_on_demand() -> None:
    app = Application(Options(speed=0))
    asked = {"model": "sim:short", "input": "x", "include": ["reasoning.encrypted_content"]}
    reasoning, _ = ask(app, "POST", "/v1/responses", asked).json["output"]
    assert reasoning["encrypted_content"].startswith("gAAAAA")
