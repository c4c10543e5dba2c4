"""Events of the Responses API: the data of a frame in, an event out.

What is stored is the JSON text that arrived. Python's own parser reads some texts that orjson
refuses: half of a surrogate pair, NaN, numbers beyond a double. Those are stored as the nearest
JSON that everybody reads, with the text as it came beside it under `workbench.raw`; so are
objects that take their type from their frame.
"""

import json
import math
from typing import Any

import orjson

from workbench.errors import MalformedEvent
from workbench.events import Event, Fact, Translated

__all__ = ["decode", "garbled", "is_done", "load", "read"]

_parse = orjson.loads
_OURS = "workbench."
_RAW_CHARACTERS = 4096  # of an unreadable frame; a peer that sends megabytes of noise fills no log


def is_done(data: str | bytes) -> bool:
    """Whether a frame's data is the mark that some providers end a stream with."""
    return len(data) < 16 and data.strip() in (b"[DONE]", "[DONE]")


def decode(data: str | bytes) -> Event:
    """The event in a frame's data; MalformedEvent says why there is none."""
    return read(data.encode("utf-8", "replace") if isinstance(data, str) else data).event


def read(data: bytes, name: bytes = b"") -> Translated:
    """The same with its JSON text; `name` is the frame's event, for objects without a type."""
    try:
        event = _parse(data)
    except orjson.JSONDecodeError:
        return _typed(*_tolerate(data), name, is_marked=True)
    # The usual case, with nothing to mend, must cost as little as a parse.
    if type(event) is dict and b"\n" not in data:
        kind = event.get("type")
        if type(kind) is str and not kind.startswith(_OURS):
            # Past the named tuple's own constructor, which takes as long as all these checks.
            return tuple.__new__(Translated, (data, event))
    # Between the tokens of valid JSON a line end is only space; one entry is one line.
    return _typed(event, data.replace(b"\n", b" "), name)


def load(data: bytes) -> tuple[Any, bytes]:
    """Any JSON value in a frame's data, and the text to store for it."""
    try:
        return orjson.loads(data), data
    except orjson.JSONDecodeError:
        return _tolerate(data)


def garbled(data: bytes, reason: str) -> Translated:
    """A frame that holds no event, as the fact that keeps its text."""
    text = data.decode("utf-8", "replace")
    event: Event = {"type": Fact.GARBLED, "data": text[:_RAW_CHARACTERS], "reason": reason}
    if len(text) > _RAW_CHARACTERS:
        event["characters"] = len(text)
    return Translated(orjson.dumps(event), event)


def _typed(event: Any, data: bytes, name: bytes, *, is_marked: bool = False) -> Translated:
    """The event with a type of its own, taken from its frame when it has none."""
    if not isinstance(event, dict):
        raise MalformedEvent(f"a frame holds {_article(event)} where an event should stand")
    kind = event.get("type")
    if kind is None and (kind := _implied_type(event, name)):
        event = {"type": kind} | {field: event[field] for field in event if field != "type"}
        data = orjson.dumps(event if is_marked else _marked(event, data.decode()))
    if not isinstance(kind, str):
        raise MalformedEvent("a frame holds an object without a type")
    if kind.startswith(_OURS):
        raise MalformedEvent(f"a frame claims the type {kind}, which only the workbench writes")
    return Translated(data, event)


def _implied_type(event: Event, name: bytes) -> str | None:
    if name not in (b"", b"message"):
        return name.decode("utf-8", "replace")
    return "error" if event.get("error") else None


def _tolerate(data: bytes) -> tuple[Any, bytes]:
    """What Python reads and orjson does not: the nearest plain JSON, and the text as it came."""
    text = data.decode("utf-8", "replace")
    try:
        value = _plain(json.loads(text, parse_int=_integer))
    except (ValueError, RecursionError) as error:
        raise MalformedEvent(f"a frame holds no JSON: {error}") from error
    return value, orjson.dumps(_marked(value, text) if isinstance(value, dict) else value)


def _marked(event: Event, text: str) -> Event:
    """The event itself, which now says how it came."""
    mark = event.get("workbench")
    event["workbench"] = {**(mark if isinstance(mark, dict) else {}), "raw": text}
    return event


def _integer(digits: str) -> int | float:
    # Longer ones are no 64-bit integers, and Python refuses to parse very long ones at all.
    return int(digits) if len(digits) < 19 else float(digits)


def _plain(value: Any) -> Any:
    """The same without what JSON cannot say: U+FFFD for half a pair, null for no number."""
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case float() if not math.isfinite(value):
            return None
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {_plain(name): _plain(one) for name, one in value.items()}
        case _:
            return value


def _article(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case list():
            return "an array"
        case str():
            return "a string"
        case _:
            return "a number"
