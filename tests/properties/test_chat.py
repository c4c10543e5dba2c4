"""Translation loses and adds nothing: what the chunks say is what the events add up to."""

from collections import defaultdict
from typing import Any

from hypothesis import given, settings, strategies as st

from tests.support.responses import folded, words
from workbench.events import Event
from workbench.wire.chat import ChunkTranslator
from workbench.wire.final import difference, missing_events

PIECES = st.lists(
    st.one_of(
        st.tuples(st.just("content"), words),
        st.tuples(st.just("reasoning"), words),
        st.tuples(st.just("refusal"), words),
        st.tuples(st.integers(0, 2), words),
    ),
    max_size=25,
)


def chunk_of(piece: tuple[Any, str]) -> Event:
    kind, text = piece
    if isinstance(kind, int):
        call = {"index": kind, "id": f"c{kind}", "function": {"name": "f", "arguments": text}}
        return {"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}
    return {"choices": [{"index": 0, "delta": {kind: text}}]}


@settings(max_examples=300)
@given(PIECES, st.booleans())
def test_events_add_up_to_the_concatenated_chunks(
    pieces: list[tuple[Any, str]], ends: bool
) -> None:
    translator = ChunkTranslator()
    events = [event for piece in pieces for event in translator.feed(chunk_of(piece))]
    events += translator.done() if ends else []
    said: defaultdict[Any, str] = defaultdict(str)
    for kind, text in pieces:
        said[kind] += text
    state = folded(events)
    assert state.text == said["content"]
    assert state.reasoning_text == said["reasoning"]
    assert (state.refusal or "") == said["refusal"]
    assert {tool.call_id: tool.arguments for tool in state.tools} == {
        f"c{kind}": text for kind, text in said.items() if isinstance(kind, int)
    }
    assert state.corrected == 0
    assert state.unrecognised == {}
    if ends:
        assert state.final is not None
        assert difference(state, state.final) is None
        assert missing_events(state, state.final) == []


@settings(max_examples=200)
@given(PIECES, st.integers(0, 60))
def test_a_live_fold_and_a_replay_agree_at_every_prefix(
    pieces: list[tuple[Any, str]], at: int
) -> None:
    translator = ChunkTranslator()
    events = [event for piece in pieces for event in translator.feed(chunk_of(piece))]
    events += translator.done()
    assert folded(events[at:], folded(events[:at])).to_dict() | {"cursor": 0} == folded(
        events
    ).to_dict() | {"cursor": 0}
