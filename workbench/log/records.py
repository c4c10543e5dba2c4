"""The bytes of entries. A segment is one stored value that holds a few dozen of them.

A segment is a checksum, the array of times, and the text of every event exactly as it was
received. They are joined by a control character that valid JSON cannot contain, not even
inside a string: so a segment splits without being parsed, and one call parses all of it.
Cursors are not stored: a segment's place in the log says them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast
from zlib import crc32

import orjson

from workbench.errors import MalformedEvent
from workbench.events import Arrival, Entry, Event

__all__ = ["check", "entries", "pack", "raw_entries", "unpack"]

_SEPARATOR = b"\x1e"
_CHECKSUM = 8  # hexadecimal digits

# What Entry._make does, without a Python frame for each of a million entries.
_entry = cast("Callable[[tuple[int, float, Event]], Entry]", partial(tuple.__new__, Entry))


def check(arrivals: Sequence[Arrival]) -> None:
    """Refuse what would not come back; that it is JSON at all is the caller's promise."""
    texts = [json for _, json in arrivals]
    if _SEPARATOR in b"".join(texts) or not all(texts):
        raise MalformedEvent("an event is empty or holds a raw control character: not JSON")


def pack(arrivals: Sequence[Arrival]) -> bytes:
    times = orjson.dumps([float(at) for at, _ in arrivals])
    body = _SEPARATOR.join([times, *[json for _, json in arrivals]])
    return b"%08x%b" % (crc32(body), body)


def unpack(segment: bytes) -> list[Arrival]:
    """The inverse; ValueError when the bytes are not those that were packed."""
    times, texts = _open(segment)
    return list(map(Arrival, orjson.loads(times), texts.split(_SEPARATOR)))


def entries(last: int, segment: bytes) -> list[Entry]:
    """The entries of the segment that ends at a cursor; ValueError as above."""
    times, texts = _open(segment)
    stamps = orjson.loads(times)
    events = orjson.loads(b"[%b]" % texts.replace(_SEPARATOR, b","))
    return list(
        map(_entry, zip(range(last - len(stamps) + 1, last + 1), stamps, events, strict=True))
    )


def raw_entries(last: int, segment: bytes) -> list[bytes]:
    """The same as JSON objects."""
    times, texts = _open(segment)
    stamps, events = times[1:-1].split(b","), texts.split(_SEPARATOR)
    return [
        b'{"cursor":%d,"at":%b,"event":%b}' % fields
        for fields in zip(range(last - len(stamps) + 1, last + 1), stamps, events, strict=True)
    ]


def _open(segment: bytes) -> tuple[bytes, bytes]:
    body = segment[_CHECKSUM:]
    if int(segment[:_CHECKSUM], 16) != crc32(body):
        raise ValueError("the checksum disagrees")
    times, _, texts = body.partition(_SEPARATOR)
    return times, texts
