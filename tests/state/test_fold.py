"""What entries add up to."""

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from tests.support.odd_json import odd_json
from workbench.events import ENDED, RESPONSE_TERMINALS, RESPONSE_TYPES, Entry, Event, Fact
from workbench.state import RunState, fold
from workbench.state.meaning import HANDLERS


def entries(*events: Event) -> list[Entry]:
    return [Entry(n, float(n), event) for n, event in enumerate(events, 1)]


def folded(*events: Event) -> RunState:
    return fold(entries(*events))


def text(delta: str, **more: Any) -> Event:
    return {"type": "response.output_text.delta", "delta": delta, "output_index": 0} | more


def test_every_type_of_the_api_and_every_fact_is_known() -> None:
    facts = {value for name, value in vars(Fact).items() if name.isupper()} - {Fact.RUN_ENDED}
    ends = {Fact.RUN_ENDED + status for status in ENDED}
    assert set(HANDLERS) == RESPONSE_TYPES | RESPONSE_TERMINALS | facts | ends


def test_text_is_joined_over_parts_and_items() -> None:
    state = folded(
        text("b", output_index=1),
        text("a"),
        text("!", output_index=1, content_index=1),
        text("a"),
    )
    assert state.text == "aab!"
    assert state.outputs == ["aa", "b!"]
    assert state.characters == 4


def test_items_are_told_apart_by_position_when_their_ids_rotate() -> None:
    state = folded(*(text(letter, item_id=f"msg_{n}") for n, letter in enumerate("hello")))
    assert state.outputs == ["hello"]


def test_items_are_told_apart_by_id_when_positions_are_missing() -> None:
    state = folded(
        {"type": "response.output_item.added", "output_index": 0, "item": {"id": "a"}},
        {"type": "response.output_item.added", "output_index": 1, "item": {"id": "b"}},
        {"type": "response.output_text.delta", "item_id": "a", "delta": "one"},
        {"type": "response.output_text.delta", "item_id": "b", "delta": "two"},
    )
    assert state.outputs == ["one", "two"]


def test_the_whole_of_a_part_wins_over_its_deltas_and_is_counted() -> None:
    state = folded(
        text("hexlo"), {"type": "response.output_text.done", "output_index": 0, "text": "hello"}
    )
    assert state.text == "hello"
    assert state.corrected == 1


def test_an_empty_whole_takes_nothing_away() -> None:
    state = folded(text("kept"), {"type": "response.output_text.done", "output_index": 0})
    assert state.text == "kept"
    assert state.corrected == 0


def test_summaries_are_listed_by_part() -> None:
    def delta(index: int, words: str) -> Event:
        return {
            "type": "response.reasoning_summary_text.delta",
            "output_index": 0,
            "summary_index": index,
            "delta": words,
        }

    state = folded(delta(0, "First "), delta(0, "thought"), delta(1, "Second"))
    assert state.summaries == ["First thought", "Second"]
    assert state.text == ""


def test_a_tool_call_grows_argument_by_argument() -> None:
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather"}
    state = folded(
        {"type": "response.output_item.added", "output_index": 2, "item": call},
        *(
            {
                "type": "response.function_call_arguments.delta",
                "output_index": 2,
                "delta": delta,
            }
            for delta in ('{"city":', '"Lisbon"}')
        ),
        {
            "type": "response.output_item.done",
            "output_index": 2,
            "item": call | {"arguments": '{"city":"Lisbon"}', "status": "completed"},
        },
    )
    (tool,) = state.tools
    assert (tool.name, tool.call_id, tool.item_id) == ("weather", "call_1", "fc_1")
    assert tool.arguments == '{"city":"Lisbon"}'
    assert (tool.kind, tool.status, tool.output_index) == ("function_call", "completed", 2)
    assert state.corrected == 0


@pytest.mark.parametrize(
    ("events", "kind", "arguments", "output"),
    [
        (
            [
                {"type": "response.code_interpreter_call_code.delta", "delta": "print("},
                {"type": "response.code_interpreter_call_code.delta", "delta": "1)"},
                {"type": "response.code_interpreter_call_code.done", "code": "print(1)"},
            ],
            "code_interpreter_call",
            "print(1)",
            None,
        ),
        (
            [
                {"type": "response.shell_call_command.added", "command_index": 0, "command": ""},
                {"type": "response.shell_call_command.delta", "command_index": 0, "delta": "ls"},
                {"type": "response.shell_call_command.done", "command_index": 1, "command": "pwd"},
            ],
            "shell_call",
            "ls\npwd",
            None,
        ),
        (
            [
                {"type": "response.mcp_call_arguments.delta", "delta": "{}"},
                {"type": "response.mcp_call.completed"},
                {
                    "type": "response.output_item.done",
                    "item": {"type": "mcp_call", "arguments": "{}", "output": "short"},
                },
            ],
            "mcp_call",
            "{}",
            "short",
        ),
        (
            [{"type": "response.custom_tool_call_input.done", "input": "free text"}],
            "custom_tool_call",
            "free text",
            None,
        ),
        (
            [
                {"type": "response.web_search_call.searching"},
                {
                    "type": "response.output_item.done",
                    "item": {"type": "web_search_call", "action": {"query": "news"}},
                },
            ],
            "web_search_call",
            '{"query":"news"}',
            None,
        ),
    ],
)
def test_each_kind_of_tool_shows_what_it_was_asked(
    events: list[Event], kind: str, arguments: str, output: object
) -> None:
    (tool,) = folded(*(event | {"output_index": 0} for event in events)).tools
    assert (tool.kind, tool.arguments, tool.output) == (kind, arguments, output)


def test_annotations_refusals_images_and_speech_are_kept() -> None:
    note = {"type": "url_citation", "url": "https://example.org"}
    state = folded(
        {"type": "response.output_text.annotation.added", "annotation": note, "output_index": 0},
        {"type": "response.refusal.delta", "delta": "I can", "output_index": 0},
        {"type": "response.refusal.done", "refusal": "I cannot", "output_index": 0},
        {"type": "response.image_generation_call.partial_image", "output_index": 1},
        {"type": "response.audio.delta", "delta": "AAAA"},
        {"type": "response.audio.transcript.delta", "delta": "spoken"},
    )
    assert state.annotations == [note]
    assert state.refusal == "I cannot"
    assert state.images == {1: 1}
    assert (state.audio_characters, state.text) == (4, "spoken")


def test_unknown_events_are_counted_and_change_nothing_else() -> None:
    state = folded(text("a"), {"type": "keepalive", "sequence_number": 7}, {"type": "keepalive"})
    assert state.unrecognised == {"keepalive": 2}
    assert (state.text, state.sequence, state.cursor) == ("a", 7, 3)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "rate_limit", "message": "slow down"},
        {"type": "error", "error": {"code": "rate_limit", "message": "slow down"}},
        {"type": "error", "error": {"type": "rate_limit", "message": "slow down"}},
        {
            "type": "response.failed",
            "response": {"error": {"code": "rate_limit", "message": "slow down"}},
        },
    ],
)
def test_flat_and_nested_errors_read_the_same(event: Event) -> None:
    assert folded(event).error == {"code": "rate_limit", "message": "slow down"}


def test_a_response_may_be_complete_while_its_run_is_not() -> None:
    created: Event = {
        "type": "response.created",
        "response": {"id": "r", "model": "m", "created_at": 5, "status": "queued"},
    }
    usage = {"output_tokens": 3}
    completed: Event = {
        "type": "response.completed",
        "response": {"id": "r", "status": "completed", "usage": usage},
    }
    state = folded(created)
    assert (state.status, state.phase, state.response_id, state.model) == (
        "queued",
        "queued",
        "r",
        "m",
    )
    state = folded(created, {"type": "response.in_progress", "response": {}}, completed)
    assert (state.response_status, state.status, state.ended) == ("completed", "in_progress", False)
    assert (state.usage, state.final) == (usage, completed["response"])
    state.add(Entry(4, 4.0, {"type": "workbench.run.completed", "error": None}))
    assert (state.status, state.phase, state.ended) == ("completed", "completed", True)


def test_a_cancelled_response_may_arrive_as_failed() -> None:
    state = folded({"type": "response.failed", "response": {"status": "cancelled"}})
    assert state.response_status == "cancelled"


def test_the_phase_says_what_is_being_done() -> None:
    state = RunState()
    seen = []
    events: list[Event] = [
        {"type": Fact.RUN_CREATED},
        {"type": Fact.ATTEMPT_STARTED, "attempt": 1, "mode": "create"},
        {"type": "response.in_progress"},
        {"type": Fact.ATTEMPT_INTERRUPTED, "cause": "cut"},
        {"type": Fact.WAITING, "reason": "backoff"},
        {"type": Fact.ATTEMPT_STARTED, "attempt": 2, "mode": "resume"},
        {"type": Fact.ATTEMPT_CONNECTED, "attempt": 2},
        {"type": Fact.WAITING, "reason": "rate_limit"},
        {"type": Fact.ATTEMPT_STARTED, "attempt": 3, "mode": "poll"},
        {"type": Fact.POLLED, "status": "in_progress"},
        {"type": "workbench.run.interrupted", "error": {"code": "gone", "message": "lost"}},
    ]
    for event in events:
        state.add_event(event)
        seen.append(state.phase)
    assert seen == [
        "queued",
        "queued",
        "in_progress",
        "reconnecting",
        "reconnecting",
        "reconnecting",
        "in_progress",
        "waiting",
        "polling",
        "polling",
        "interrupted",
    ]
    assert state.attempt == 3
    assert state.error == {"code": "gone", "message": "lost"}


def test_a_restart_forgets_the_response_and_keeps_the_run() -> None:
    state = folded(
        {"type": "response.created", "response": {"id": "one"}, "sequence_number": 0},
        text("lost", sequence_number=1),
        {"type": Fact.ATTEMPT_STARTED, "attempt": 2, "mode": "restart"},
        {"type": "response.created", "response": {"id": "two"}, "sequence_number": 0},
        text("found", sequence_number=1),
    )
    assert (state.text, state.response_id, state.sequence) == ("found", "two", 1)
    assert (state.cursor, state.attempt) == (5, 2)


def test_filled_characters_are_counted() -> None:
    assert folded(text("abc"), text("de", workbench={"filled": True})).filled == 2


ODD = odd_json(
    "type id status text delta content summary action commands annotations code message "
    "error response output item part filled usage"
)
FIELDS = st.dictionaries(
    st.sampled_from(
        "response item part delta text output_index content_index summary_index command_index "
        "annotation annotation_index item_id refusal arguments command code input error message "
        "sequence_number workbench attempt mode reason status removed output response_id".split()
    ),
    ODD,
    max_size=6,
)
EVENTS = st.builds(
    lambda kind, fields: {**fields, "type": kind}, st.sampled_from(sorted(HANDLERS)), FIELDS
)


@settings(max_examples=300)
@given(st.lists(EVENTS, max_size=8))
def test_no_shape_of_json_breaks_a_fold(events: list[Event]) -> None:
    state = fold(entries(*events))
    assert state == fold(entries(*events))
    state.to_dict()


@settings(max_examples=200)
@given(st.lists(EVENTS, max_size=8))
def test_looking_at_a_live_fold_changes_nothing(events: list[Event]) -> None:
    live = RunState()
    for n, entry in enumerate(entries(*events), 1):
        live.add(entry)
        live.to_dict()
        assert live == fold(entries(*events)[:n])


def test_a_delta_is_kept_without_looking_at_what_came_before() -> None:
    state = folded(*[text("word ")] * 1000)
    assert len(state.items[0].texts[0]._pieces) == 1000
    assert len(state.text) == 5000
    assert len(state.items[0].texts[0]._pieces) == 1
