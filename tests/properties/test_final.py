"""The laws of filling a tail from the final object."""

from hypothesis import assume, given, settings, strategies as st

from tests.support.responses import folded, responses
from workbench.events import RESPONSE_TERMINALS, Event
from workbench.state import RunState
from workbench.wire.final import difference, filled_characters, missing_events


@settings(max_examples=150)
@given(responses())
def test_an_object_is_told_whole_to_a_state_that_knows_nothing(response: Event) -> None:
    state = folded(missing_events(RunState(), response))
    assert difference(state, response) is None
    said = [
        content["text"]
        for item in response["output"]
        for content in item.get("content", [])
        if item["type"] == "message" and content["type"] == "output_text"
    ]
    assert state.text == "".join(said)
    assert [summary for summary in state.summaries if summary] == [
        summary["text"]
        for item in response["output"]
        for summary in item.get("summary", [])
        if summary["text"]
    ]


@settings(max_examples=150)
@given(responses(), st.integers(0, 40))
def test_a_tail_cut_off_anywhere_is_filled(response: Event, at: int) -> None:
    streamed = missing_events(RunState(), response)[:at]
    state = folded(streamed)
    missing = missing_events(state, response)
    assert not any(event["type"] == "workbench.repaired" for event in missing)
    state = folded(missing, state)
    assert difference(state, response) is None
    whole = folded(missing_events(RunState(), response))
    assert (state.text, state.summaries, state.reasoning_text, state.refusal) == (
        whole.text,
        whole.summaries,
        whole.reasoning_text,
        whole.refusal,
    )
    assert [tool.arguments for tool in state.tools] == [tool.arguments for tool in whole.tools]


@settings(max_examples=200)
@given(responses(), st.integers(0, 40), responses())
def test_whatever_was_folded_before_the_object_is_matched(
    earlier: Event, at: int, response: Event
) -> None:
    state = folded(missing_events(RunState(), earlier)[:at])
    state = folded(missing_events(state, response), state)
    assert difference(state, response) is None


@settings(max_examples=150)
@given(responses(), st.integers(0, 40), responses(st.sampled_from(["completed", "incomplete"])))
def test_a_complete_object_leaves_exactly_its_own_text(
    earlier: Event, at: int, response: Event
) -> None:
    said = [
        content.get("text") or content.get("refusal")
        for item in response["output"]
        for content in (item.get("content") or [{}] if item["type"] == "message" else [])
    ]
    assume(response["output"] and all(said))
    state = folded(missing_events(RunState(), earlier)[:at])
    state = folded(missing_events(state, response), state)
    texts = [
        content["text"]
        for item in response["output"]
        for content in item.get("content", [])
        if content["type"] == "output_text"
    ]
    assert state.text == "".join(texts)


@settings(max_examples=200)
@given(responses(), st.integers(0, 40), responses())
def test_what_is_filled_once_needs_no_more(earlier: Event, at: int, response: Event) -> None:
    state = folded(missing_events(RunState(), earlier)[:at])
    state = folded(missing_events(state, response), state)
    assert missing_events(state, response) == []


@settings(max_examples=150)
@given(
    responses(), st.integers(0, 40), responses(st.sampled_from(["failed", "cancelled", "queued"]))
)
def test_an_unfinished_response_takes_nothing_away(
    earlier: Event, at: int, response: Event
) -> None:
    state = folded(missing_events(RunState(), earlier)[:at])
    before = {item.index: item.text for item in state.in_order()}
    state = folded(missing_events(state, response), state)
    for index, text in before.items():
        assert state.items[index].text.startswith(text)


@settings(max_examples=200)
@given(responses(), responses())
def test_every_filled_event_says_so_and_the_terminal_one_is_last(
    earlier: Event, response: Event
) -> None:
    state = folded(missing_events(RunState(), earlier)[:-1])
    missing = missing_events(state, response)
    assert all(event["workbench"] == {"filled": True} for event in missing)
    assert not any(event["type"] in RESPONSE_TERMINALS for event in missing[:-1])
    filled = state.filled
    assert folded(missing, state).filled == filled + filled_characters(missing)
