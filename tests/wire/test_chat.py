"""Chat-completion chunks are told in Responses events."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings, strategies as st

from tests.support.odd_json import odd_json
from tests.support.responses import folded
from workbench.events import RESPONSE_TYPES, Event, Fact
from workbench.state import RunState
from workbench.wire.chat import ChunkTranslator, response_from_completion, usage_from_chat
from workbench.wire.translate import ChatTranslator


def chunk(delta: Event | None = None, finish: str | None = None, **more: Any) -> Event:
    choices = [{"index": 0, "delta": delta or {}, "finish_reason": finish}]
    return {"id": "chatcmpl-1", "model": "m", "created": 7, "choices": choices} | more


def told(*chunks: Event, done: bool = True) -> list[Event]:
    translator = ChunkTranslator()
    events = [event for one in chunks for event in translator.feed(one)]
    return events + (translator.done() if done else translator.finish())


def state_of(*chunks: Event, done: bool = True) -> RunState:
    return folded(told(*chunks, done=done))


def test_an_answer_is_told_in_the_order_of_the_responses_api() -> None:
    events = told(chunk({"role": "assistant"}), chunk({"content": "Hi"}), chunk({}, "stop"))
    assert [event["type"] for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "workbench.chunk",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert not any("sequence_number" in event for event in events)


def test_every_chunk_is_kept_once_with_the_first_event_made_from_it() -> None:
    chunks = [chunk({"role": "assistant"}), chunk({"content": "a"}), chunk({"content": ""}, "stop")]
    kept = [event["chunk"] for event in told(*chunks) if "chunk" in event]
    assert kept == chunks


def test_the_final_object_is_what_the_events_add_up_to() -> None:
    state = state_of(
        chunk({"reasoning_content": "Hm. "}),
        chunk({"reasoning_content": "Yes."}),
        chunk({"content": "It is "}),
        chunk({"content": "so."}, "stop"),
        chunk(choices=[], usage={"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}),
    )
    assert (state.reasoning_text, state.text) == ("Hm. Yes.", "It is so.")
    assert state.usage is not None
    assert (state.usage["input_tokens"], state.usage["output_tokens"]) == (3, 5)
    assert state.final is not None
    thought, message = state.final["output"]
    assert thought["content"] == [{"type": "reasoning_text", "text": "Hm. Yes."}]
    assert message["content"][0]["text"] == "It is so."
    assert (state.response_id, state.model, state.created_at) == ("chatcmpl-1", "m", 7)
    assert state.corrected == 0


@pytest.mark.parametrize(
    ("delta", "text", "summaries"),
    [
        ({"reasoning": "r"}, "r", []),
        ({"reasoning_content": "r", "reasoning": "r"}, "r", []),
        ({"reasoning": "r", "reasoning_details": [{"type": "x", "text": "r"}]}, "r", []),
        ({"reasoning": "r", "reasoning_details": [{"type": "x", "summary": "r"}]}, "", ["r"]),
        ({"reasoning": "r", "reasoning_details": [{"type": "x", "data": "?"}]}, "r", []),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "r"}]}]}, "r", []),
    ],
)
def test_each_way_of_sending_reasoning_is_read_once(
    delta: Event, text: str, summaries: list[str]
) -> None:
    state = state_of(chunk(delta), chunk({}, "stop"))
    assert (state.reasoning_text, state.summaries) == (text, summaries)


def test_sealed_reasoning_is_kept_with_its_item() -> None:
    state = state_of(
        chunk({"reasoning_details": [{"type": "reasoning.encrypted", "data": "xyz"}]}),
        chunk({"content": "a"}, "stop"),
    )
    assert state.in_order()[0].raw["encrypted_content"] == "xyz"


def call(index: int | None = None, name: str | None = None, args: Any = "", **more: Any) -> Event:
    place = {} if index is None else {"index": index}
    return place | {"function": {"name": name, "arguments": args}} | more


@pytest.mark.parametrize(
    "deltas",
    [
        pytest.param(
            [
                [call(0, "a", id="1")],
                [call(0, args="{1")],
                [call(0, args="}")],
                [call(1, "b", id="2")],
                [call(1, args="{}")],
            ],
            id="by-index",
        ),
        pytest.param(
            [
                [call(0, "a", id="1"), call(1, "b", id="2")],
                [call(1, args="{"), call(0, args="{1}")],
                [call(1, args="}")],
            ],
            id="interleaved",
        ),
        pytest.param(
            [[call(0, "a", "{1}", id="1")], [call(0, "b", "{}", id="2")]], id="all-at-index-0"
        ),
        pytest.param(
            [[call(None, "a", "{1", id="1")], [call(None, args="}")], [call(None, "b", "{}")]],
            id="without-index",
        ),
        pytest.param(
            [
                [call(0, "a", "{1", id="1")],
                [call(0, "a", "}", id="1")],
                [call(1, "b", "{}", id="2")],
            ],
            id="name-repeated",
        ),
    ],
)
def test_the_pieces_of_tool_calls_find_their_call(deltas: list[list[Event]]) -> None:
    state = state_of(*(chunk({"tool_calls": calls}) for calls in deltas), chunk({}, "tool_calls"))
    assert [(tool.name, tool.arguments) for tool in state.tools] == [("a", "{1}"), ("b", "{}")]
    assert state.tools[0].call_id == "1"
    assert state.response_status == "completed"


def test_arguments_sent_as_an_object_become_text() -> None:
    state = state_of(chunk({"tool_calls": [call(0, "a", {"x": 1}, id="1")]}), chunk({}, "stop"))
    assert state.tools[0].arguments == '{"x":1}'


def test_custom_tools_and_the_older_function_call_are_read() -> None:
    custom = {"index": 0, "id": "1", "type": "custom", "custom": {"name": "sql", "input": "SELECT"}}
    (tool,) = state_of(chunk({"tool_calls": [custom]})).tools
    assert (tool.kind, tool.name, tool.arguments) == ("custom_tool_call", "sql", "SELECT")
    (tool,) = state_of(
        chunk({"function_call": {"name": "old", "arguments": "{"}}),
        chunk({"function_call": {"arguments": "}"}}),
    ).tools
    assert (tool.name, tool.arguments) == ("old", "{}")


def test_refusals_and_annotations_are_told() -> None:
    note = {"type": "url_citation", "url_citation": {"url": "https://example.org"}}
    state = state_of(chunk({"refusal": "No."}), chunk({"content": "a", "annotations": [note]}))
    assert state.refusal == "No."
    assert state.annotations[0]["url"] == "https://example.org"
    assert state.text == "a"


@pytest.mark.parametrize(
    ("reason", "status", "why"),
    [
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
        ("error", "failed", None),
    ],
)
@pytest.mark.parametrize("done", [True, False])
def test_a_finish_reason_ends_the_response(
    reason: str, status: str, why: str | None, done: bool
) -> None:
    state = state_of(chunk({"content": "a"}, reason), done=done)
    assert (state.response_status, state.incomplete_reason) == (status, why)
    assert state.text == "a"


def test_done_alone_ends_the_response() -> None:
    assert state_of(chunk({"content": "a"})).response_status == "completed"


@pytest.mark.parametrize("reason", [None, ""])
def test_an_end_of_bytes_without_either_ends_nothing(reason: str | None) -> None:
    state = state_of(chunk({"content": "a"}, reason), done=False)
    assert (state.response_status, state.final) == ("in_progress", None)


def test_an_error_in_mid_stream_fails_the_response_and_keeps_the_text() -> None:
    state = state_of(
        chunk({"content": "so far"}), {"error": {"code": 503, "message": "overloaded"}}, done=False
    )
    assert (state.response_status, state.text) == ("failed", "so far")
    assert state.error == {"code": "503", "message": "overloaded"}


def test_an_error_after_a_length_explains_it() -> None:
    state = state_of(
        chunk({"reasoning": "thinking"}, "length"),
        chunk({"content": ""}, error={"code": 400, "message": "Token limit reached"}),
    )
    assert (state.response_status, state.incomplete_reason) == ("incomplete", "max_output_tokens")
    assert state.error == {"code": "400", "message": "Token limit reached"}


def test_nothing_is_told_after_the_end() -> None:
    translator = ChunkTranslator()
    translator.feed(chunk({"content": "a"}, "stop"))
    assert translator.done()[-1]["type"] == "response.completed"
    assert translator.done() == translator.finish() == []
    assert [event["type"] for event in translator.feed(chunk({"content": "b"}))] == [Fact.CHUNK]


def test_an_opening_chunk_without_choices_begins_nothing() -> None:
    opening = {"id": "", "model": "", "choices": [], "prompt_filter_results": []}
    events = told(opening, chunk({"content": "a"}))
    assert [event["type"] for event in events[:2]] == [Fact.CHUNK, "response.created"]
    assert events[1]["response"]["id"] == "chatcmpl-1"


def test_several_choices_are_several_messages() -> None:
    choices = [{"index": n, "delta": {"content": text}} for n, text in enumerate("ab")]
    assert state_of({"choices": choices}, {"choices": choices}).outputs == ["aa", "bb"]


def test_tokens_of_thoughts_counted_beside_the_answer_are_added_to_it() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 115,
        "completion_tokens_details": {"reasoning_tokens": 100},
        "prompt_cache_hit_tokens": 4,
        "cost": 0.5,
    }
    assert usage_from_chat(usage) == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 105,
        "output_tokens_details": {"reasoning_tokens": 100},
        "total_tokens": 115,
        "cost": 0.5,
    }


def test_a_completion_in_one_piece_becomes_a_response_object() -> None:
    message = {
        "role": "assistant",
        "content": "Two calls.",
        "tool_calls": [
            {"id": n, "type": "function", "function": {"name": n, "arguments": "{}"}} for n in "ab"
        ],
    }
    response = response_from_completion(
        {
            "id": "chatcmpl-2",
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2},
        }
    )
    assert (response["id"], response["status"]) == ("chatcmpl-2", "completed")
    assert [item["type"] for item in response["output"]] == ["message", *["function_call"] * 2]
    assert response["usage"]["total_tokens"] == 3


def test_a_failed_completion_becomes_a_failed_response() -> None:
    response = response_from_completion({"error": {"code": "x", "message": "no"}})
    assert (response["status"], response["error"]["message"]) == ("failed", "no")


def test_bytes_become_events_and_noise_is_kept() -> None:
    translator = ChatTranslator()
    stream = (
        b": OPENROUTER PROCESSING\n\n"
        b"data: "
        + orjson.dumps(chunk({"content": "a"}))
        + b"\n\ndata: <html>\n\ndata: [1]\n\ndata: [DONE] \n\n"
    )
    found = [one for at in range(len(stream)) for one in translator.feed(stream[at : at + 1])]
    assert all(orjson.loads(json) == event for json, event in found)
    assert [event["type"] for _, event in found].count(Fact.GARBLED) == 2
    assert found[-1].event["type"] == "response.completed"
    assert translator.frames == 4
    assert translator.finish() == []


ODD = odd_json(
    "index id name arguments function custom input type text thinking summary data code "
    "message reasoning_content content tool_calls refusal annotations audio"
)
DELTAS = st.dictionaries(
    st.sampled_from(
        "content reasoning reasoning_content reasoning_details refusal tool_calls function_call "
        "annotations audio".split()
    ),
    ODD | st.lists(ODD, max_size=2),
    max_size=3,
)
CHUNKS = st.fixed_dictionaries(
    {},
    optional={
        "choices": ODD
        | st.lists(
            st.fixed_dictionaries(
                {"delta": DELTAS},
                optional={"index": ODD, "finish_reason": ODD, "error": ODD},
            ),
            max_size=2,
        ),
        "id": ODD,
        "usage": ODD,
        "error": ODD,
        "created": ODD,
    },
)


@settings(max_examples=300)
@given(st.lists(CHUNKS, max_size=5))
def test_no_shape_of_chunk_breaks_the_translation(chunks: list[Event]) -> None:
    events = told(*chunks)
    assert folded(events).to_dict()
    assert {event["type"] for event in events} <= RESPONSE_TYPES | {Fact.CHUNK}
    assert [event["chunk"] for event in events if "chunk" in event] == chunks
