"""What the entries of a run add up to. `fold` is the only meaning of events.

Folding is incremental: a live follower and a cold replay that have seen the same entries hold
equal states. Every shape of JSON is accepted, because providers add types and fields at will; an
unknown type is counted under `unrecognised` and changes nothing else.

What the provider says about its response is kept apart from what became of the run: a response
may be complete while its run still verifies it (`response_status`, `status`).
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from workbench.events import Entry, Event, Status
from workbench.state.items import Item, Text, ToolCall, is_tool
from workbench.state.meaning import HANDLERS, Phase

__all__ = ["RunState", "fold"]


class RunState:
    """The accumulator; `add` costs the same for the first entry and the millionth."""

    def __init__(self) -> None:
        self.cursor = 0
        self.status: Status = "queued"
        self.phase: Phase = "queued"
        self.attempt = 0
        self.mode: str | None = None  # of the current attempt: create, resume, poll, restart
        self.ended = False
        self.unrecognised: Counter[str] = Counter()
        self.filled = 0  # characters that were never streamed to us
        self.corrected = 0  # parts whose whole contradicted their deltas
        self.error: dict[str, Any] | None = None
        self.begin_response()

    def begin_response(self) -> None:
        """Forget the response, not the run: another one takes its place."""
        self.response_id: str | None = None
        self.response_status: str | None = None
        self.model: str | None = None
        self.created_at: float | None = None
        self.sequence: int | None = None
        self.usage: dict[str, Any] | None = None
        self.final: dict[str, Any] | None = None
        self.items: dict[int, Item] = {}
        self.transcript = Text()  # of spoken output, which names no item
        self.audio_characters = 0
        self.images: Counter[int] = Counter()  # partial images seen, by output index

    def add(self, entry: Entry) -> None:
        self.cursor = entry[0]
        self.add_event(entry[2])

    def add_event(self, event: Event) -> None:
        """Fold an event that stands in no log."""
        kind = event.get("type")
        handler = HANDLERS.get(kind) if isinstance(kind, str) else None
        if handler is None:
            self.unrecognised[str(kind)] += 1
        sequence = event.get("sequence_number")
        if type(sequence) is int:
            self.sequence = sequence
        if handler is not None:
            handler(self, event)
        mark = event.get("workbench")
        if mark is not None and isinstance(mark, dict) and mark.get("filled"):
            delta = event.get("delta")
            self.filled += len(delta) if isinstance(delta, str) else 0

    def item(self, event: Event, kind: str | None = None) -> Item:
        """The item an event speaks of: by position, because ids rotate behind some gateways."""
        index = event.get("output_index")
        if type(index) is not int:
            index = self._index_of(event.get("item_id"))
        found = self.items.get(index)
        if found is None:
            found = self.items[index] = Item(index)
        if found.type is None:
            found.type = kind
        if found.id is None:
            item_id = event.get("item_id")
            found.id = item_id if isinstance(item_id, str) else None
        return found

    def _index_of(self, item_id: object) -> int:
        if item_id is not None:
            for item in self.items.values():
                if item.id == item_id:
                    return item.index
        return max(self.items, default=0)

    def in_order(self) -> list[Item]:
        """The output items as the response lists them."""
        return [self.items[index] for index in sorted(self.items)]

    @property
    def outputs(self) -> list[str]:
        """Visible text, one string per item that has any."""
        return [item.text for item in self.in_order() if item.texts]

    @property
    def text(self) -> str:
        """All that a reader sees, joined."""
        return "".join(self.outputs) or str(self.transcript)

    @property
    def characters(self) -> int:
        """The length of the visible text, without joining it."""
        seen = sum(text.length for item in self.items.values() for text in item.texts.values())
        return seen or self.transcript.length

    @property
    def summaries(self) -> list[str]:
        """Reasoning summaries, one string per part."""
        return [
            str(item.summaries[at]) for item in self.in_order() for at in sorted(item.summaries)
        ]

    @property
    def reasoning_text(self) -> str:
        return "".join(
            str(item.reasoning[at]) for item in self.in_order() for at in sorted(item.reasoning)
        )

    @property
    def refusal(self) -> str | None:
        said = "".join(
            str(item.refusals[at]) for item in self.in_order() for at in sorted(item.refusals)
        )
        return said or None

    @property
    def annotations(self) -> list[Any]:
        return [
            note
            for item in self.in_order()
            for at in sorted(item.annotations)
            for note in item.annotations[at]
        ]

    @property
    def tools(self) -> list[ToolCall]:
        """Tool calls in order, each with its output when the response holds one."""
        return [item.tool() for item in self.in_order() if is_tool(item.type)]

    @property
    def incomplete_reason(self) -> str | None:
        details = (self.final or {}).get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        return reason if isinstance(reason, str) else None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON of all that was folded, the final object left out."""
        return {
            "cursor": self.cursor,
            "status": self.status,
            "phase": self.phase,
            "attempt": self.attempt,
            "response_id": self.response_id,
            "response_status": self.response_status,
            "model": self.model,
            "created_at": self.created_at,
            "sequence": self.sequence,
            "text": self.text,
            "outputs": self.outputs,
            "summaries": self.summaries,
            "reasoning_text": self.reasoning_text,
            "refusal": self.refusal,
            "tools": [tool.to_dict() for tool in self.tools],
            "annotations": self.annotations,
            "images": {str(index): count for index, count in sorted(self.images.items())},
            "audio_characters": self.audio_characters,
            "usage": self.usage,
            "incomplete_reason": self.incomplete_reason,
            "error": self.error,
            "filled": self.filled,
            "corrected": self.corrected,
            "unrecognised": dict(self.unrecognised),
            "ended": self.ended,
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunState):
            return NotImplemented
        return self.final == other.final and self.to_dict() == other.to_dict()

    def __repr__(self) -> str:
        return f"<RunState {self.phase} at {self.cursor}, {self.characters} characters>"


def fold(entries: Iterable[Entry], state: RunState | None = None) -> RunState:
    """Add entries to a state, a fresh one by default, and return it."""
    state = RunState() if state is None else state
    for entry in entries:
        state.add(entry)
    return state
