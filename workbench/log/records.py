"""The bytes of entries: one record each, and segments of many.

A record is the entry's JSON object with the event's text exactly as it was received. Records
of a segment are joined by a control character that valid JSON cannot contain, not even inside
a string: so a segment splits without being parsed, and one damaged record spoils no other.
"""

from collections.abc import Iterable, Sequence

import orjson

from workbench.errors import MalformedEvent
from workbench.events import Arrival, Entry

__all__ = ["decode", "encode", "join", "split"]

_SEPARATOR = b"\x1e"


def encode(arrivals: Sequence[Arrival], after: int) -> list[bytes]:
    """The records of arrivals that follow a cursor."""
    records = [
        b'{"cursor":%d,"at":%a,"event":%b}' % (cursor, float(at), json)
        for cursor, (at, json) in enumerate(arrivals, after + 1)
    ]
    for record in records:
        if _SEPARATOR in record:
            raise MalformedEvent("an event holds a raw control character, so it is not JSON")
    return records


def join(records: Iterable[bytes]) -> bytes:
    return _SEPARATOR.join(records)


def split(segment: bytes) -> list[bytes]:
    return segment.split(_SEPARATOR)


def decode(segment: bytes) -> list[Entry]:
    """All entries of a segment with one call of the parser; ValueError when one is damaged."""
    objects = orjson.loads(b"[%b]" % segment.replace(_SEPARATOR, b","))
    try:
        return [Entry(o["cursor"], o["at"], o["event"]) for o in objects]
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an entry: {error!r}") from error
