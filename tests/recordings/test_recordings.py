"""Every recorded stream decodes, translates and folds, and agrees with the index.

Where we and the index disagree, the table below holds our reading; docs/recordings.md has the
reasons.
"""

import random
from collections.abc import Callable

import orjson
import pytest

from tests.support.needs import recordings, recordings_folder
from tests.support.recorded import Recording, fold_chunks, of
from workbench.events import RESPONSE_TERMINALS, Fact
from workbench.state import RunState
from workbench.wire.final import difference, missing_events

pytestmark = pytest.mark.recordings

ALL = of(recordings_folder(), "responses", "chat", "completions")
RESPONSES = [one for one in ALL if one.api == "responses"]
every_recording = pytest.mark.parametrize("recording", ALL or [None], ids=lambda r: r and r.name)
every_response = pytest.mark.parametrize(
    "recording", RESPONSES or [None], ids=lambda r: r and r.name
)

# Our reading of what the index calls otherwise.
DECIDED: dict[str, dict[str, object]] = {
    "groq/chat--prism--stream-with-tools-2.sse": {"frames": 9},
    "mistral/chat--ai--mistral-reasoning.sse": {"characters": 9, "has_reasoning": True},
    "mistral/chat--prism--stream-reasoning-model-1-1.sse": {"has_reasoning": True},
    "mistral/chat--ruby_llm--chat_with_extended_thinking_mistral_mistral-small-latest_"
    "streams_thinking_content_when_available.sse": {"characters": 700, "has_reasoning": True},
    "openai/chat--llm--test_tools_streaming_variant_b.0.sse": {"terminal": "completed"},
    "openrouter/chat--prism--stream-text-with-empty-parameters-tools-when-using-gpt-5-1.sse": {
        "has_reasoning": False
    },
    "snowflake/chat--pydantic-ai--test_snowflake--test_snowflake_model_streaming.sse": {
        "terminal": "completed"
    },
}
ENDS = {
    "": None,
    "error": "failed",
    "length": "incomplete",
    "stop": "completed",
    "tool_calls": "completed",
    "response.completed": "completed",
}


def present(recording: Recording | None) -> Recording:
    if recording is None:
        recordings()
    assert recording is not None
    return recording


def whole(stream: bytes) -> list[bytes]:
    return [stream]


def at_random(stream: bytes) -> list[bytes]:
    chance = random.Random(len(stream))
    edges = sorted(chance.randrange(len(stream)) for _ in range(len(stream) // 60 + 3))
    return [stream[a:b] for a, b in zip([0, *edges], [*edges, len(stream)], strict=True)]


@every_recording
@pytest.mark.parametrize("cut", [whole, at_random])
def test_it_folds_to_what_the_index_says(
    recording: Recording | None, cut: Callable[[bytes], list[bytes]]
) -> None:
    recording = present(recording)
    state, found, frames = fold_chunks(recording, cut(recording.read()))
    expected: dict[str, object] = {
        "frames": recording.frames,
        "characters": recording.characters,
        "has_tools": recording.has_tools,
        "has_reasoning": recording.has_reasoning,
        "terminal": ENDS[recording.terminal],
    }
    assert {
        "frames": frames,
        "characters": len(state.text),
        "has_tools": bool(state.tools),
        "has_reasoning": bool(state.summaries or state.reasoning_text),
        "terminal": state.response_status,
    } == expected | DECIDED.get(recording.name, {})
    assert state.unrecognised == {}
    assert state.corrected == 0
    assert not any(event["type"] == Fact.GARBLED for _, event in found)
    assert all(orjson.loads(json) == event for json, event in found)


@pytest.mark.parametrize(
    "part",
    ["rotation", "WebSearchCallStreaming", "openrouter_stream_error", "tool_use_failed", "xai"],
)
def test_single_bytes_make_no_difference(part: str) -> None:
    chosen = [one for one in ALL if part in one.name][:2]
    if not chosen:
        recordings()
    for recording in chosen:
        stream = recording.read()
        single = fold_chunks(recording, [stream[at : at + 1] for at in range(len(stream))])
        assert single[1:] == fold_chunks(recording, [stream])[1:]


@every_recording
def test_a_live_fold_equals_a_replay_at_every_prefix(recording: Recording | None) -> None:
    recording = present(recording)
    _, found, _ = fold_chunks(recording, [recording.read()])
    chance = random.Random(recording.name)
    looks = {chance.randrange(len(found)) for _ in range(10)}
    live = RunState()
    for n, (_, event) in enumerate(found):
        live.add_event(event)
        if n in looks:
            replay = RunState()
            for json, _ in found[: n + 1]:
                replay.add_event(orjson.loads(json))
            assert live == replay


@every_recording
def test_deltas_and_final_object_agree(recording: Recording | None) -> None:
    recording = present(recording)
    state, _, _ = fold_chunks(recording, [recording.read()])
    if state.final is not None:
        assert difference(state, state.final) is None
        assert missing_events(state, state.final) == []


@every_recording
def test_a_tail_cut_off_at_an_event_is_filled_from_the_final_object(
    recording: Recording | None,
) -> None:
    recording = present(recording)
    complete, found, _ = fold_chunks(recording, [recording.read()])
    if complete.final is None or complete.response_status != "completed":
        return
    chance = random.Random(recording.name)
    last = next(n for n, one in enumerate(found) if one.event["type"] in RESPONSE_TERMINALS)
    for at in [0, last, *(chance.randrange(last) for _ in range(8))]:
        state = RunState()
        for _, event in found[:at]:
            state.add_event(event)
        missing = missing_events(state, complete.final)
        assert not any(event["type"] == Fact.REPAIRED for event in missing)
        for event in missing:
            state.add_event(event)
        assert (state.text, state.summaries, state.reasoning_text) == (
            complete.text,
            complete.summaries,
            complete.reasoning_text,
        )
        assert [tool.arguments for tool in state.tools] == [
            tool.arguments for tool in complete.tools
        ]
        assert state.usage == complete.usage
        assert difference(state, complete.final) is None


@every_response
def test_what_is_stored_is_what_was_sent(recording: Recording | None) -> None:
    recording = present(recording)
    stream = recording.read()
    _, found, _ = fold_chunks(recording, [stream])
    assert all(json in stream for json, _ in found)


def test_a_real_resumed_stream_continues_the_first_one() -> None:
    parts = [
        next((one for one in RESPONSES if f"CanStreamBackgroundResponses.{n}." in one.name), None)
        for n in (0, 2)
    ]
    first, resumed = (present(one) for one in parts)
    _, begun, _ = fold_chunks(first, [first.read()])
    _, tail, _ = fold_chunks(resumed, [resumed.read()])
    joined, complete = RunState(), RunState()
    for _, event in [*begun[:2], *tail]:
        joined.add_event(event)
    for _, event in begun:
        complete.add_event(event)
    assert joined == complete
    assert [json for json, _ in begun[2:]] == [json for json, _ in tail]
