"""Response objects made up by hypothesis, and their events."""

from typing import Any

from hypothesis import strategies as st

from workbench.events import Entry, Event
from workbench.state import RunState, fold

__all__ = ["entries", "folded", "responses", "words"]

words = st.text(st.sampled_from("ab é😀\n"), max_size=12)
NOTES = st.lists(st.builds(lambda url: {"type": "url_citation", "url": url}, words), max_size=2)
CONTENT = st.one_of(
    st.builds(
        lambda text, notes: {"type": "output_text", "text": text, "annotations": notes},
        words,
        NOTES,
    ),
    st.builds(lambda text: {"type": "refusal", "refusal": text}, words),
)
SUMMARY = st.builds(lambda text: {"type": "summary_text", "text": text}, words)
THOUGHT = st.builds(lambda text: {"type": "reasoning_text", "text": text}, words)


NAMES = ["one", "two", "three", "four", "five", "six"]


STATUS = st.sampled_from(["completed", "completed", "in_progress"])


def _item(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Event]:
    return st.fixed_dictionaries({"type": st.just(kind), "status": STATUS, **fields})


ITEM = st.one_of(
    _item("message", content=st.lists(CONTENT, max_size=2), role=st.just("assistant")),
    _item(
        "reasoning",
        summary=st.lists(SUMMARY, max_size=2),
        content=st.lists(THOUGHT, max_size=1),
    ),
    _item("function_call", arguments=words, name=st.just("weather"), call_id=st.just("call_1")),
    _item("mcp_call", arguments=words, output=st.none() | words),
    _item("custom_tool_call", input=words),
    _item("code_interpreter_call", code=words, outputs=st.lists(st.just({"logs": "1"}))),
    _item("shell_call", action=st.fixed_dictionaries({"commands": st.lists(words, max_size=2)})),
    _item("web_search_call", action=st.fixed_dictionaries({"query": words})),
    _item("never_heard_of", payload=words),
)


def responses(
    status: st.SearchStrategy[str] = st.sampled_from(  # noqa: B008 - a strategy never changes
        ["completed", "incomplete", "failed", "cancelled", "in_progress", "queued"]
    ),
) -> st.SearchStrategy[Event]:
    return st.fixed_dictionaries(
        {
            "id": st.just("resp_1"),
            "model": st.just("m"),
            "status": status,
            "output": st.builds(_named, st.lists(ITEM, max_size=4), st.permutations(NAMES)),
            "error": st.none(),
            "usage": st.none() | st.just({"output_tokens": 3}),
        }
    )


def _named(items: list[Event], names: list[str]) -> list[Event]:
    """Ids are unique within a response, and two responses may share some."""
    return [{**item, "id": name} for item, name in zip(items, names, strict=False)]


def entries(events: list[Event]) -> list[Entry]:
    return [Entry(n, float(n), event) for n, event in enumerate(events, 1)]


def folded(events: list[Event], state: RunState | None = None) -> RunState:
    return fold(entries(events), state)
