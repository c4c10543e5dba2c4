"""A provider's final response object against what was folded from its events.

When a stream is gone, the object is the only source of what is missing; when it is not, the
object proves that nothing is. Both questions have one answer here: the events which, folded,
make the state say what the object says.

The rules, in order:
- What the object does not say changes nothing: an empty text, an empty list, a missing item.
- Text that goes on where the folded text stops is told as deltas.
- A complete or incomplete response wins a contradiction: `workbench.repaired` says what stood
  there before, then the whole of the part replaces it.
- A failed, cancelled or unfinished response takes nothing away. Servers clear the output of a
  cancelled response, and then what was folded is the only copy.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from workbench.events import RESPONSE_TERMINALS, Event, Fact
from workbench.state import Item, RunState
from workbench.wire.align import align

__all__ = ["difference", "filled_characters", "missing_events", "terminal_status"]

_AUTHORITATIVE: Final = ("completed", "incomplete")
_GROUPS: Final = (  # attribute of an item, prefix of its events, index field, whole field
    ("texts", "response.output_text", "content_index", "text"),
    ("refusals", "response.refusal", "content_index", "refusal"),
    ("summaries", "response.reasoning_summary_text", "summary_index", "text"),
    ("reasoning", "response.reasoning_text", "content_index", "text"),
    ("commands", "response.shell_call_command", "command_index", "command"),
)
_ARGUMENTS: Final = {  # type of an item: prefix of its events, whole field
    "function_call": ("response.function_call_arguments", "arguments"),
    "mcp_call": ("response.mcp_call_arguments", "arguments"),
    "custom_tool_call": ("response.custom_tool_call_input", "input"),
    "code_interpreter_call": ("response.code_interpreter_call_code", "code"),
}
# Texts and refusals stand in one list: an object that lists either lists all of both.
_LIST_OF: Final = {"texts": "content", "refusals": "content"}
# What an announced item already says; its content follows in events of its own.
_OUTLINE: Final = ("id", "type", "role", "name", "call_id", "server_label")


class _Piece(NamedTuple):
    """A text inside an item, and how its growth is told; an empty prefix means it cannot be."""

    key: tuple[str, int]
    text: str
    prefix: str
    place: dict[str, int]
    field: str


def terminal_status(response: Event) -> str | None:
    """How a response ended; None while it has not."""
    status = response.get("status")
    if status is None and isinstance(response.get("output"), list):
        status = "failed" if response.get("error") else "completed"  # some servers leave it out
    return status if f"response.{status}" in RESPONSE_TERMINALS else None


def missing_events(state: RunState, response: Event) -> list[Event]:
    """The events which, folded onto the state, make it say what the response object says.

    Each is marked `"workbench": {"filled": true}`. The last is the response's terminal event,
    unless it was folded already or the response has not ended.
    """
    events = [] if state.response_id else [_created(response)]
    status = terminal_status(response)
    wins = status in _AUTHORITATIVE
    pairs, gone = align(state.in_order(), response.get("output"), wins=wins)
    events += [_removed(item, "the final object has no such item") for item in gone]
    for index, item, raw in pairs:
        events += _item_events(index, item, raw, wins=wins)
    if status is not None and (state.final is None or state.response_status != status):
        events.append({"type": f"response.{status}", "response": {**response, "status": status}})
    return [{**event, "workbench": {"filled": True}} for event in events]


def difference(state: RunState, response: Event) -> str | None:
    """A sentence when the state does not say what the response object says."""
    status = terminal_status(response)
    wins = status in _AUTHORITATIVE
    pairs, gone = align(state.in_order(), response.get("output"), wins=wins)
    if gone:
        return f"Output {gone[0].index} has no counterpart in the final object."
    for index, item, raw in pairs:
        if item is None:
            return f"Output {index}, a {raw.get('type')}, stands in the final object only."
        if sentence := _item_difference(item, raw, wins=wins):
            return sentence
    if status is not None and state.response_status != status:
        return f"The final object is {status}, the folded response {state.response_status}."
    return None


def filled_characters(events: list[Event]) -> int:
    """How much of what a reader sees came from the final object."""
    return sum(
        len(event["delta"])
        for event in events
        if isinstance(event.get("delta"), str) and event.get("workbench", {}).get("filled")
    )


def _created(response: Event) -> Event:
    outline = {**response, "status": "in_progress", "output": [], "usage": None}
    return {"type": "response.created", "response": outline}


def _removed(item: Item, reason: str) -> Event:
    return {
        "type": Fact.REPAIRED,
        "reason": reason,
        "output_index": item.index,
        "removed": True,
        "before": len(item.text),
        "after": 0,
    }


def _item_events(index: int, item: Item | None, raw: Event, *, wins: bool) -> list[Event]:
    said = _said(index, raw)
    if item is not None and wins and _excess(item, said):
        removed = _removed(item, "the final object lacks a part of this item")
        return [removed, *_item_events(index, None, raw, wins=wins)]

    events: list[Event] = []
    if item is None:
        outline: Event = {name: raw[name] for name in _OUTLINE if name in raw}
        outline |= {"status": "in_progress"}
        outline |= {name: [] for name in ("summary", "content") if name in raw}
        events.append(
            {"type": "response.output_item.added", "output_index": index, "item": outline}
        )
    had = {piece.key: piece.text for piece in _pieces(item)} if item else {}
    keeps_more = False
    for piece in _told(said):
        before = had.get(piece.key, "")
        if piece.text == before:
            continue
        if not wins and not piece.text.startswith(before):
            keeps_more = True
            continue
        events += _piece_events(index, piece, before)
    # An item whose folded text is the better copy is not declared done by the worse one.
    if not keeps_more and not _is_growing(said) and (events or _is_unsettled(item, said)):
        events.append({"type": "response.output_item.done", "output_index": index, "item": raw})
    return events


def _piece_events(index: int, piece: _Piece, before: str) -> Iterator[Event]:
    place = {"output_index": index, **piece.place}
    if piece.text.startswith(before):
        if piece.prefix:
            delta = piece.text[len(before) :]
            yield {"type": f"{piece.prefix}.delta", **place, "delta": delta}
        return
    yield {
        "type": Fact.REPAIRED,
        "reason": f"the final object says otherwise: {_divergence(before, piece.text)}",
        **place,
        "before": len(before),
        "after": len(piece.text),
    }
    if piece.prefix:
        yield {"type": f"{piece.prefix}.done", **place, piece.field: piece.text}


def _item_difference(item: Item, raw: Event, *, wins: bool) -> str | None:
    said = _said(item.index, raw)
    had = {piece.key: piece.text for piece in _pieces(item)}
    for piece in _told(said):
        before = had.get(piece.key, "")
        if piece.text == before or (not wins and not piece.text.startswith(before)):
            continue
        name, at = piece.key
        return f"Output {item.index}, {name} {at}: {_divergence(before, piece.text)}."
    if wins and (excess := _excess(item, said)):
        name, at = excess
        return f"Output {item.index}, {name} {at} is not in the final object."
    if wins and not _is_growing(said) and _has_other_notes(item, said):
        return f"Output {item.index} has other annotations in the final object."
    return None


def _divergence(before: str, after: str) -> str:
    at = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    return (
        f"after {at} equal characters the folded text goes on with {_glimpse(before, at)}, "
        f"the final object with {_glimpse(after, at)}"
    )


def _glimpse(text: str, at: int) -> str:
    return repr(text[at : at + 20]) if at < len(text) else "nothing"


def _said(index: int, raw: Event) -> Item:
    """What the object says of one item, in the shape of a folded one."""
    item = Item(index)
    item.finish(raw)
    return item


def _pieces(item: Item) -> Iterator[_Piece]:
    for group, prefix, index_field, field in _GROUPS:
        for at, text in sorted(getattr(item, group).items()):
            if text.length:
                yield _Piece((group, at), str(text), prefix, {index_field: at}, field)
    if item.arguments.length:
        prefix, field = _ARGUMENTS.get(item.type or "", ("", ""))
        yield _Piece(("arguments", 0), str(item.arguments), prefix, {}, field)


def _told(said: Item) -> list[_Piece]:
    """The texts that can be told: of an item that still grows, those that grow by deltas."""
    return [piece for piece in _pieces(said) if piece.prefix or not _is_growing(said)]


def _is_growing(said: Item) -> bool:
    return said.status == "in_progress"


def _excess(item: Item, said: Item) -> tuple[str, int] | None:
    """A folded part beside the ones that the object lists; an object without any lists none."""
    final = {piece.key for piece in _pieces(said)}
    lists = {_LIST_OF.get(group, group) for group, _ in final}
    for piece in _pieces(item):
        group = piece.key[0]
        if _LIST_OF.get(group, group) in lists and piece.key not in final:
            return piece.key
    return None


def _is_unsettled(item: Item | None, said: Item) -> bool:
    """Whether the item's own end, its annotations or its results are still to be told."""
    if item is None or not item.is_done:
        return True
    if _has_other_notes(item, said):
        return True
    # Texts were compared piece by piece; what is no text is compared as it stands.
    return any(
        value and not isinstance(value, str | list) and value != item.raw.get(name)
        for name, value in said.raw.items()
    ) or said.tool().output not in (None, item.tool().output)


def _has_other_notes(item: Item, said: Item) -> bool:
    return any(item.annotations.get(at) != notes for at, notes in said.annotations.items())
