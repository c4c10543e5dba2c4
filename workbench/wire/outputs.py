"""Output items that are being made from something else: each tells its growth in events.

The order is the Responses API's own: the item is added, its part is added, deltas, the wholes of
part and item. What an item says when it is closed is what its deltas added up to.
"""

from typing import Any

from workbench.events import Event
from workbench.state import Text

__all__ = ["Call", "Message", "Output", "Reasoning"]

Content = dict[str, Any]


class Output:
    """What all items share: a place in the response, an id, a beginning and an end."""

    prefix = ""

    def __init__(self, index: int, response_id: str) -> None:
        self.index = index
        self.id = f"{self.prefix}_{response_id}_{index}"
        self.is_open = True

    def added(self) -> Event:
        return {
            "type": "response.output_item.added",
            "output_index": self.index,
            "item": self.item("in_progress"),
        }

    def close(self) -> list[Event]:
        """The wholes of the parts and of the item."""
        self.is_open = False
        done = {
            "type": "response.output_item.done",
            "output_index": self.index,
            "item": self.item("completed"),
        }
        return [*self.wholes(), done]

    def item(self, status: str) -> Event:
        raise NotImplementedError

    def wholes(self) -> list[Event]:
        raise NotImplementedError

    def event(self, kind: str, **fields: Any) -> Event:
        return {
            "type": f"response.{kind}",
            "item_id": self.id,
            "output_index": self.index,
            **fields,
        }


class Message(Output):
    """The answer: one part of text, one of refusal, in the order they came."""

    prefix = "msg"

    def __init__(self, index: int, response_id: str) -> None:
        super().__init__(index, response_id)
        self._parts: dict[str, Text] = {}
        self._annotations: list[Any] = []

    def say(self, kind: str, delta: str) -> list[Event]:
        """Growth of the part of this kind, `output_text` or `refusal`."""
        events = [] if kind in self._parts else [self._begin(kind)]
        at = self._at(kind)
        self._parts[kind].add(delta)
        extra: Content = {"logprobs": []} if kind == "output_text" else {}
        return [*events, self.event(f"{kind}.delta", content_index=at, delta=delta, **extra)]

    def annotate(self, note: Any) -> list[Event]:
        events = [] if "output_text" in self._parts else [self._begin("output_text")]
        self._annotations.append(note)
        added = self.event(
            "output_text.annotation.added",
            content_index=self._at("output_text"),
            annotation_index=len(self._annotations) - 1,
            annotation=note,
        )
        return [*events, added]

    def _begin(self, kind: str) -> Event:
        self._parts[kind] = Text()
        return self.event(
            "content_part.added", content_index=self._at(kind), part=self._content(kind)
        )

    def _at(self, kind: str) -> int:
        return list(self._parts).index(kind)

    def _content(self, kind: str) -> Content:
        whole = str(self._parts[kind])
        if kind == "refusal":
            return {"type": kind, "refusal": whole}
        return {"type": kind, "text": whole, "annotations": [*self._annotations], "logprobs": []}

    def wholes(self) -> list[Event]:
        events = []
        for at, (kind, text) in enumerate(self._parts.items()):
            field = "refusal" if kind == "refusal" else "text"
            events += [
                self.event(f"{kind}.done", content_index=at, **{field: str(text)}),
                self.event("content_part.done", content_index=at, part=self._content(kind)),
            ]
        return events

    def item(self, status: str) -> Event:
        return {
            "id": self.id,
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": [self._content(kind) for kind in self._parts],
        }


class Reasoning(Output):
    """Thoughts: as written, as summarised, or sealed."""

    prefix = "rs"

    def __init__(self, index: int, response_id: str) -> None:
        super().__init__(index, response_id)
        self._text = Text()
        self._summary = Text()
        self._sealed = ""

    def think(self, delta: str) -> list[Event]:
        self._text.add(delta)
        return [self.event("reasoning_text.delta", content_index=0, delta=delta)]

    def summarise(self, delta: str) -> list[Event]:
        empty = {"type": "summary_text", "text": ""}
        events = (
            []
            if self._summary.length
            else [self.event("reasoning_summary_part.added", summary_index=0, part=empty)]
        )
        self._summary.add(delta)
        return [*events, self.event("reasoning_summary_text.delta", summary_index=0, delta=delta)]

    def seal(self, data: str) -> list[Event]:
        """Thoughts that only the provider can read."""
        self._sealed += data
        return []

    def wholes(self) -> list[Event]:
        events = []
        if self._summary.length:
            whole = str(self._summary)
            part = {"type": "summary_text", "text": whole}
            events += [
                self.event("reasoning_summary_text.done", summary_index=0, text=whole),
                self.event("reasoning_summary_part.done", summary_index=0, part=part),
            ]
        if self._text.length:
            events.append(self.event("reasoning_text.done", content_index=0, text=str(self._text)))
        return events

    def item(self, status: str) -> Event:
        text, summary = str(self._text), str(self._summary)
        return {
            "id": self.id,
            "type": "reasoning",
            "status": status,
            "summary": [{"type": "summary_text", "text": summary}] if summary else [],
            "content": [{"type": "reasoning_text", "text": text}] if text else [],
            **({"encrypted_content": self._sealed} if self._sealed else {}),
        }


class Call(Output):
    """A tool call; a custom tool takes free text where a function takes JSON."""

    prefix = "fc"

    def __init__(self, index: int, response_id: str, *, is_custom: bool = False) -> None:
        super().__init__(index, response_id)
        self.call_id: str | None = None
        self.name: str | None = None
        self._is_custom = is_custom
        self._arguments = Text()

    @property
    def _kind(self) -> str:
        return "custom_tool_call_input" if self._is_custom else "function_call_arguments"

    def ask(self, delta: str) -> list[Event]:
        self._arguments.add(delta)
        return [self.event(f"{self._kind}.delta", delta=delta)]

    def wholes(self) -> list[Event]:
        field = "input" if self._is_custom else "arguments"
        return [self.event(f"{self._kind}.done", **{field: str(self._arguments)})]

    def item(self, status: str) -> Event:
        arguments = str(self._arguments)
        return {
            "id": self.id,
            "type": "custom_tool_call" if self._is_custom else "function_call",
            "status": status,
            "call_id": self.call_id,
            "name": self.name,
            **({"input": arguments} if self._is_custom else {"arguments": arguments}),
        }
