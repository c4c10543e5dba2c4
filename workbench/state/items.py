"""What the events of one output item add up to: text, refusals, summaries, reasoning, a tool call.

Text is gathered in pieces and joined when somebody looks, so a delta costs the same whether it
is the first or the millionth.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson

__all__ = ["Item", "Text", "ToolCall", "is_tool"]

# A call carries what it was asked under one of these names, by its type.
_ARGUMENT_FIELDS = ("arguments", "input", "code", "action", "operation", "queries")
# And what came of it under one of these.
_OUTPUT_FIELDS = ("output", "outputs", "results", "result", "tools", "error")


def is_tool(kind: str | None) -> bool:
    """Whether an item of this type shows as a tool call."""
    return kind is not None and (
        kind.endswith("_call") or kind in {"mcp_list_tools", "mcp_approval_request"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call as far as it is known; `arguments` is text and may still be growing."""

    item_id: str | None
    call_id: str | None
    name: str | None
    kind: str
    arguments: str
    status: str | None
    output_index: int
    output: Any = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Text:
    """Text that grows by deltas and may be settled by its whole."""

    __slots__ = ("_pieces", "length")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.length = 0

    def add(self, delta: str) -> None:
        self._pieces.append(delta)
        self.length += len(delta)

    def settle(self, whole: object) -> bool:
        """Take the whole for true; whether that contradicts what the deltas said.

        An empty or missing whole says nothing: several servers leave it out.
        """
        if not isinstance(whole, str) or not whole:
            return False
        before = str(self)
        if before == whole:
            return False
        self._pieces = [whole]
        self.length = len(whole)
        return bool(before)

    def __str__(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""


Parts = dict[int, Text]


def part(parts: Parts, index: object) -> Text:
    """The part at an index; a missing or odd index means the first."""
    at = index if type(index) is int else 0
    found = parts.get(at)
    if found is None:
        found = parts[at] = Text()
    return found


def joined(parts: Parts) -> str:
    if len(parts) == 1:
        return str(next(iter(parts.values())))
    return "".join(str(parts[at]) for at in sorted(parts))


class Item:
    """One entry of a response's `output`, growing."""

    __slots__ = (
        "annotations",
        "arguments",
        "command_outputs",
        "commands",
        "id",
        "index",
        "is_done",
        "raw",
        "reasoning",
        "refusals",
        "status",
        "summaries",
        "texts",
        "type",
    )

    def __init__(self, index: int) -> None:
        self.index = index
        self.id: str | None = None
        self.type: str | None = None
        self.status: str | None = None
        self.is_done = False
        self.raw: dict[str, Any] = {}
        self.texts: Parts = {}
        self.refusals: Parts = {}
        self.summaries: Parts = {}
        self.reasoning: Parts = {}
        self.annotations: dict[int, list[Any]] = {}
        self.arguments = Text()
        self.commands: Parts = {}
        self.command_outputs: dict[int, list[Any]] = {}

    def begin(self, raw: Mapping[str, Any]) -> None:
        """An item as announced: an outline, sometimes with its content already in it."""
        self._describe(raw)
        self._settle_content(raw)

    def finish(self, raw: Mapping[str, Any]) -> int:
        """The item as the provider holds it; how many parts contradicted their deltas."""
        self._describe(raw)
        self.is_done = True
        return self._settle_content(raw)

    def _describe(self, raw: Mapping[str, Any]) -> None:
        self.raw = {**self.raw, **raw}
        # Some gateways give one item a new id with every event; the first one names it.
        self.id = self.id or _text_or_none(raw.get("id"))
        self.type = _text_or_none(raw.get("type")) or self.type
        self.status = _text_or_none(raw.get("status")) or self.status

    def _settle_content(self, raw: Mapping[str, Any]) -> int:
        wrong = 0
        for index, content in enumerate(_objects(raw.get("content"))):
            wrong += self.settle_part(index, content)
        for index, summary in enumerate(_objects(raw.get("summary"))):
            wrong += part(self.summaries, index).settle(summary.get("text"))
        for name in ("arguments", "input", "code"):
            wrong += self.arguments.settle(raw.get(name))
        action = raw.get("action")
        if isinstance(action, dict) and isinstance(action.get("commands"), list):
            for index, command in enumerate(action["commands"]):
                wrong += part(self.commands, index).settle(command)
        return wrong

    def settle_part(self, index: object, content: Mapping[str, Any]) -> int:
        """A whole content part; 1 when it contradicts its deltas."""
        at = index if type(index) is int else 0
        match content.get("type"):
            case "reasoning_text":
                return part(self.reasoning, at).settle(content.get("text"))
            case "refusal":
                return part(self.refusals, at).settle(content.get("refusal"))
            case _:
                notes = content.get("annotations")
                if isinstance(notes, list) and notes:
                    self.annotations[at] = list(notes)
                text = content.get("text", content.get("transcript"))
                return part(self.texts, at).settle(text)

    def annotate(self, content_index: object, annotation_index: object, note: Any) -> None:
        notes = self.annotations.setdefault(content_index if type(content_index) is int else 0, [])
        if type(annotation_index) is int and 0 <= annotation_index < len(notes):
            notes[annotation_index] = note
        else:
            notes.append(note)

    @property
    def text(self) -> str:
        """What a reader sees of this item."""
        return joined(self.texts)

    def tool(self) -> ToolCall:
        raw = self.raw
        return ToolCall(
            item_id=self.id,
            call_id=_text_or_none(raw.get("call_id")),
            name=_text_or_none(raw.get("name")),
            kind=self.type or "",
            arguments=self._arguments(),
            status=self.status,
            output_index=self.index,
            output=self._output(),
        )

    def _arguments(self) -> str:
        if self.arguments.length:
            return str(self.arguments)
        if self.commands:
            return "\n".join(str(self.commands[at]) for at in sorted(self.commands))
        given = next((self.raw[name] for name in _ARGUMENT_FIELDS if self.raw.get(name)), None)
        if given is None or isinstance(given, str):
            return given or ""
        return orjson.dumps(given).decode()

    def _output(self) -> Any:
        if self.command_outputs:
            return [self.command_outputs[at] for at in sorted(self.command_outputs)]
        return next((self.raw[name] for name in _OUTPUT_FIELDS if self.raw.get(name)), None)


def _objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list; anything else a peer may have put there holds nothing for us."""
    if not isinstance(value, list):
        return []
    return [one if isinstance(one, dict) else {} for one in value]


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
