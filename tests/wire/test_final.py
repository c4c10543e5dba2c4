"""What a final object adds to what was folded, case by case."""

from typing import Any

import pytest

from tests.support.responses import folded
from workbench.events import Event, Fact
from workbench.state import RunState
from workbench.wire.final import difference, filled_characters, missing_events, terminal_status


def message(text: str, name: str | None = "msg_1", **more: Any) -> Event:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": name, "status": "completed", "content": content} | more


def response(*output: Event, status: str = "completed", **more: Any) -> Event:
    return {"id": "resp_1", "model": "m", "status": status, "output": list(output)} | more


def streamed(text: str, name: str = "msg_1") -> RunState:
    return folded(
        [
            {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}},
            {
                "type": "response.output_item.added",
                "output_index": 0,
                "item": {"type": "message", "id": name},
            },
            {"type": "response.output_text.delta", "output_index": 0, "delta": text},
        ]
    )


def types(events: list[Event]) -> list[str]:
    return [event["type"] for event in events]


def test_the_rest_of_a_text_comes_as_one_delta() -> None:
    missing = missing_events(streamed("Hello, "), response(message("Hello, world")))
    assert types(missing) == [
        "response.output_text.delta",
        "response.output_item.done",
        "response.completed",
    ]
    assert missing[0]["delta"] == "world"
    assert filled_characters(missing) == 5


def test_a_state_that_knows_nothing_is_told_which_response_it_is() -> None:
    missing = missing_events(RunState(), response(message("Hello")))
    assert types(missing)[:2] == ["response.created", "response.output_item.added"]
    state = folded(missing)
    assert (state.response_id, state.model, state.text) == ("resp_1", "m", "Hello")
    assert state.final == response(message("Hello"))


def test_a_contradiction_is_repaired_and_says_where_it_was() -> None:
    state, final = streamed("Hello, moon"), response(message("Hello, world"))
    assert difference(state, final) == (
        "Output 0, texts 0: after 7 equal characters the folded text goes on with 'moon', "
        "the final object with 'world'."
    )
    missing = missing_events(state, final)
    assert types(missing)[:2] == [Fact.REPAIRED, "response.output_text.done"]
    assert (missing[0]["before"], missing[0]["after"]) == (11, 12)
    state = folded(missing, state)
    assert (state.text, difference(state, final)) == ("Hello, world", None)


def test_text_beyond_the_final_one_is_a_contradiction() -> None:
    state, final = streamed("Hello, world!!"), response(message("Hello, world"))
    assert folded(missing_events(state, final), state).text == "Hello, world"


@pytest.mark.parametrize("status", ["cancelled", "failed", "in_progress"])
@pytest.mark.parametrize("output", [[], [message("")], [message("Hel")], [message("Other")]])
def test_the_only_copy_of_a_partial_text_is_kept(status: str, output: list[Event]) -> None:
    state, final = streamed("Hello"), response(*output, status=status)
    missing = missing_events(state, final)
    assert Fact.REPAIRED not in types(missing)
    state = folded(missing, state)
    assert state.text == "Hello"
    assert difference(state, final) is None
    assert state.response_status == status


def test_an_empty_final_output_says_nothing() -> None:
    state = streamed("Hello")
    assert types(missing_events(state, response())) == ["response.completed"]
    assert folded(missing_events(state, response()), state).text == "Hello"


def test_reasoning_that_the_final_list_leaves_out_stays() -> None:
    state = folded(
        [
            {"type": "response.created", "response": {"id": "resp_1"}},
            {"type": "response.reasoning_text.delta", "output_index": 0, "delta": "Hm."},
            {
                "type": "response.output_item.added",
                "output_index": 1,
                "item": {"type": "message", "id": "msg_1"},
            },
        ]
    )
    state = folded(missing_events(state, response(message("Yes"))), state)
    assert (state.reasoning_text, state.outputs) == ("Hm.", ["Yes"])


def test_a_message_that_the_final_list_lacks_is_taken_out() -> None:
    state, final = streamed("Draft", "msg_0"), response({"type": "web_search_call", "id": "ws_1"})
    assert difference(state, final) == "Output 0 has no counterpart in the final object."
    state = folded(missing_events(state, final), state)
    assert (state.text, [tool.kind for tool in state.tools]) == ("", ["web_search_call"])


def test_an_item_with_another_id_at_its_place_is_the_same_item() -> None:
    state, final = streamed("Hello", "rotated"), response(message("Hello, world", "final_id"))
    missing = missing_events(state, final)
    assert "response.output_item.added" not in types(missing)
    assert folded(missing, state).outputs == ["Hello, world"]


def test_annotations_and_results_of_the_final_object_are_taken_over() -> None:
    note = {"type": "url_citation", "url": "https://example.org"}
    content = [{"type": "output_text", "text": "Hello", "annotations": [note]}]
    call = {"type": "mcp_call", "id": "mcp_1", "arguments": "{}", "output": "found"}
    final = response(message("Hello") | {"content": content}, call)
    state = folded(missing_events(streamed("Hello"), final), streamed("Hello"))
    assert state.annotations == [note]
    assert [(tool.arguments, tool.output) for tool in state.tools] == [("{}", "found")]


def test_items_of_unknown_types_are_kept_as_they_are() -> None:
    item = {"type": "new_thing", "id": "x_1", "payload": {"a": 1}}
    state = folded(missing_events(RunState(), response(item)))
    assert state.items[0].raw["payload"] == {"a": 1}
    assert difference(state, response(item)) is None


def test_an_unfinished_response_gets_no_terminal_event() -> None:
    final = response(message("Hello, wor", status="in_progress"), status="in_progress")
    missing = missing_events(streamed("Hello"), final)
    assert types(missing) == ["response.output_text.delta"]
    assert terminal_status(final) is None


def test_a_terminal_event_that_was_folded_is_not_told_again() -> None:
    state, final = streamed("Hello"), response(message("Hello"))
    state.add_event({"type": "response.completed", "response": final})
    assert types(missing_events(state, final)) == ["response.output_item.done"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "queued"}, None),
        ({"status": "incomplete"}, "incomplete"),
        ({"output": []}, "completed"),
        ({"output": [], "error": {"code": "x"}}, "failed"),
        ({}, None),
    ],
)
def test_the_end_of_a_response_is_read_from_its_object(fields: Event, status: str | None) -> None:
    assert terminal_status(fields) == status
