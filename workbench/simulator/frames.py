"""One SSE frame as bytes: what it is, and ways to spoil it. Pure."""

import re
from collections.abc import Callable
from typing import Any, Final

import orjson

from workbench.events import RESPONSE_TERMINALS
from workbench.simulator.exchange import Piece

__all__ = [
    "edited",
    "event_frame",
    "garbled",
    "is_event",
    "is_terminal",
    "not_utf8",
    "renumbered",
    "with_id",
    "with_ids_rotated",
    "with_unknown_fields",
    "without_number",
]

_DATA: Final = re.compile(rb"^data: ?(.*)$", re.MULTILINE)
_RUBBISH: Final = b"#~?!"
_NO_UTF8: Final = b"\xff\xfe\xc3"

Edit = Callable[[dict[str, Any]], None]


def is_event(piece: Piece) -> bool:
    return piece.type is not None or _DATA.search(piece.data) is not None


def is_terminal(piece: Piece) -> bool:
    """The last event of a response, or the sentinel of a chat completion."""
    return piece.type in RESPONSE_TERMINALS or piece.data.startswith(b"data: [DONE]")


def event_frame(event: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (str(event["type"]).encode(), orjson.dumps(event))


def edited(frame: bytes, edit: Edit) -> bytes:
    """The frame with its JSON object edited; one that holds none stays as it is."""
    found = _DATA.search(frame)
    if found is None:
        return frame
    try:
        data = orjson.loads(found[1])
    except orjson.JSONDecodeError:
        return frame
    if not isinstance(data, dict):
        return frame
    edit(data)
    return frame[: found.start(1)] + orjson.dumps(data) + frame[found.end(1) :]


def renumbered(number: int) -> Edit:
    def edit(event: dict[str, Any]) -> None:
        if "sequence_number" in event:
            event["sequence_number"] = number

    return edit


def without_number(event: dict[str, Any]) -> None:
    event.pop("sequence_number", None)


def with_unknown_fields(event: dict[str, Any]) -> None:
    event["novelty"] = {"since": 2031, "notes": ["a field that no client knows", None]}


def with_ids_rotated(what: str, turn: int) -> Edit:
    """Another id in every event; the ids of one event agree with each other."""

    def edit(event: dict[str, Any]) -> None:
        if what == "response":
            _rotate(event.get("response"), "id", turn)
            _rotate(event, "response_id", turn)
        else:
            _rotate(event, "item_id", turn)
            _rotate(event.get("item"), "id", turn)

    return edit


def _rotate(holder: Any, name: str, turn: int) -> None:
    if isinstance(holder, dict) and isinstance(holder.get(name), str):
        holder[name] += f"_{turn}"


def garbled(frame: bytes) -> bytes:
    """The second half of the data overwritten, its closing brace with it."""
    found = _DATA.search(frame)
    if found is None:
        return frame
    half = _character_start(frame, (found.start(1) + found.end(1)) // 2)
    rubbish = (_RUBBISH * (len(frame) // len(_RUBBISH) + 1))[: found.end(1) - half]
    return frame[:half] + rubbish + frame[found.end(1) :]


def not_utf8(frame: bytes) -> bytes:
    found = _DATA.search(frame)
    if found is None:
        return frame
    half = _character_start(frame, (found.start(1) + found.end(1)) // 2)
    return frame[:half] + _NO_UTF8 + frame[half:]


def with_id(frame: bytes, number: int) -> bytes:
    """An `id:` line, and after the frame a block that is nothing but a comment."""
    return b"id: %d\n%b: an id lives on after its event\n\n" % (number, frame)


def _character_start(data: bytes, at: int) -> int:
    while at < len(data) and data[at] & 0xC0 == 0x80:
        at += 1
    return at
