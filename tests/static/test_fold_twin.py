"""The live view's fold and Python's fold are twins: the same entries, the same meaning."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings, strategies as st

from tests.support.long_run import entries_of, entry_json, eventful_run
from tests.support.needs import node, recordings
from workbench.events import Entry, Event
from workbench.state import fold
from workbench.state.meaning import HANDLERS
from workbench.wire.responses import is_done, read
from workbench.wire.sse import FrameDecoder

pytestmark = pytest.mark.node

TWIN = Path(__file__).with_name("fold_twin.mjs")


class View:
    """The live view's fold, in a process of its own that answers line by line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [node(), str(TWIN)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def fold(self, run: Sequence[Entry]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(orjson.dumps(entry_json(run)) + b"\n")
        self._process.stdin.flush()
        return orjson.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=20)


@pytest.fixture(scope="module")
def view() -> Iterator[View]:
    view = View()
    yield view
    view.close()


def assert_twins(view: View, run: Sequence[Entry]) -> None:
    assert view.fold(run) == orjson.loads(orjson.dumps(fold(run).to_dict()))


def as_entries(events: Sequence[Event]) -> list[Entry]:
    return entries_of([(n / 10, event) for n, event in enumerate(events)])


@pytest.mark.parametrize("ending", ["completed", "failed", "interrupted"])
def test_an_eventful_run_means_the_same_to_both(view: View, ending: str) -> None:
    assert_twins(view, entries_of(eventful_run(ending=ending)))


@pytest.mark.recordings
def test_recorded_streams_mean_the_same_to_both(view: View) -> None:
    folder = recordings()
    rows = [line.split("\t") for line in (folder / "INDEX.tsv").read_text().splitlines()[1:]]
    paths = [folder / row[0] for row in rows if row[2] == "responses"]
    assert len(paths) > 20
    for path in paths:
        assert_twins(view, as_entries(recorded_events(path)))


def recorded_events(path: Path) -> list[Event]:
    frames = FrameDecoder().feed_raw(path.read_bytes())
    return [read(data, name).event for data, name, _ in frames if not is_done(data)]


WORDS = st.text("ab ", max_size=4)
INDEX = st.integers(0, 2)
ITEM = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "reasoning", "function_call", "shell_call"])},
    optional={
        "id": WORDS,
        "status": st.sampled_from(["in_progress", "completed"]),
        "arguments": WORDS,
        "name": WORDS,
        "call_id": WORDS,
        "content": st.lists(
            st.fixed_dictionaries(
                {
                    "type": st.sampled_from(["output_text", "refusal", "reasoning_text"]),
                    "text": WORDS,
                    "annotations": st.lists(WORDS, max_size=2),
                }
            ),
            max_size=2,
        ),
        "summary": st.lists(st.fixed_dictionaries({"text": WORDS}), max_size=2),
    },
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "sequence_number": INDEX,
        "output_index": INDEX,
        "content_index": INDEX,
        "summary_index": INDEX,
        "command_index": INDEX,
        "annotation_index": INDEX,
        "annotation": WORDS,
        "item_id": WORDS,
        "delta": WORDS,
        "text": WORDS,
        "refusal": WORDS,
        "arguments": WORDS,
        "command": WORDS,
        "input": WORDS,
        "code": WORDS,
        "message": WORDS,
        "output": WORDS,
        "item": ITEM,
        "part": st.fixed_dictionaries({"type": st.just("output_text"), "text": WORDS}),
        "response": st.fixed_dictionaries(
            {"id": WORDS, "status": st.sampled_from(["queued", "in_progress", "completed"])},
            optional={"error": st.fixed_dictionaries({"code": WORDS, "message": WORDS})},
        ),
        "workbench": st.fixed_dictionaries({"filled": st.booleans()}),
        "attempt": INDEX,
        "mode": st.sampled_from(["create", "resume", "poll", "restart"]),
        "reason": st.sampled_from(["backoff", "rate_limit", "poll", "queue"]),
        "status": st.sampled_from(["queued", "in_progress", "completed"]),
        "error": st.none() | st.fixed_dictionaries({"code": WORDS, "message": WORDS}) | WORDS,
        "removed": st.booleans(),
    },
)
EVENTS: st.SearchStrategy[Event] = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    st.sampled_from([*sorted(HANDLERS), "response.never.heard.of"]),
    FIELDS,
)


@settings(max_examples=150, deadline=None)
@given(events=st.lists(EVENTS, max_size=10))
def test_any_events_mean_the_same_to_both(view: View, events: list[Event]) -> None:
    assert_twins(view, as_entries(events))
