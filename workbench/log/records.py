"""The bytes of entries. A segment is one stored value that holds a few dozen of them.

A segment is a checksum, the array of times, and the text of every event exactly as it was
received. They are joined by a control character that valid JSON cannot contain, not even
inside a string: so a segment splits without being parsed, and one call parses all of it.
Cursors are not stored: a segment's place in the log says them.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, cast
from zlib import crc32

import orjson

from workbench.errors import MalformedEvent
from workbench.events import Arrival, Entry, Event

__all__ = [
    "FULL",
    "Block",
    "block_of",
    "entries",
    "joined",
    "pack",
    "parts",
    "raw_entries",
    "unpack",
]

FULL = 64  # entries in a full segment
FULL_BYTES = 128 << 10  # or that many bytes, when the events are large

_SEPARATOR = b"\x1e"
_CHECKSUM = 8  # hexadecimal digits

# What Entry._make does, without a Python frame for each of a million entries.
_entry = cast("Callable[[tuple[int, float, Event]], Entry]", partial(tuple.__new__, Entry))


class Block(NamedTuple):
    """Arrivals on their way into segments: their times, and their texts in one piece."""

    times: list[float]
    texts: bytes

    @property
    def is_full(self) -> bool:
        return len(self.times) >= FULL or len(self.texts) >= FULL_BYTES

    def cut(self, start: int, end: int) -> "Block":
        texts = self.texts.split(_SEPARATOR)
        return Block(self.times[start:end], _SEPARATOR.join(texts[start:end]))


def block_of(arrivals: Sequence[Arrival]) -> Block:
    """Refuses what would not come back; that it is JSON at all is the caller's promise."""
    times = [float(at) for at, _ in arrivals]
    events = [json for _, json in arrivals]
    texts = _SEPARATOR.join(events)
    if texts.count(_SEPARATOR) > len(events) - 1 >= 0 or not all(events):
        raise MalformedEvent("an event is empty or holds a raw control character: not JSON")
    return Block(times, texts)


def joined(blocks: Sequence[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    return Block(
        [at for block in blocks for at in block.times],
        _SEPARATOR.join([block.texts for block in blocks]),
    )


def parts(block: Block) -> Iterator[Block]:
    """The block as full ones, and what is left over."""
    if len(block.times) == 1 or (len(block.times) <= FULL and len(block.texts) < FULL_BYTES):
        yield block
        return
    texts = block.texts.split(_SEPARATOR)
    start, size = 0, 0
    for end, text in enumerate(texts, 1):
        size += len(text)
        if end - start == FULL or size >= FULL_BYTES or end == len(texts):
            yield Block(block.times[start:end], _SEPARATOR.join(texts[start:end]))
            start, size = end, 0


def pack(block: Block) -> bytes:
    body = b"%b%b%b" % (orjson.dumps(block.times), _SEPARATOR, block.texts)
    return b"%08x%b" % (crc32(body), body)


def unpack(segment: bytes) -> Block:
    """The inverse; ValueError when the bytes are not those that were packed."""
    times, texts = _open(segment)
    return Block(orjson.loads(times), texts)


def entries(last: int, segment: bytes) -> list[Entry]:
    """The entries of the segment that ends at a cursor; ValueError as above."""
    times, texts = _open(segment)
    stamps = orjson.loads(times)
    events = orjson.loads(b"[%b]" % texts.replace(_SEPARATOR, b","))
    cursors = range(last - len(stamps) + 1, last + 1)
    return list(map(_entry, zip(cursors, stamps, events, strict=True)))


def raw_entries(last: int, segment: bytes) -> list[bytes]:
    """The same as JSON objects."""
    times, texts = _open(segment)
    stamps, events = times[1:-1].split(b","), texts.split(_SEPARATOR)
    cursors = range(last - len(stamps) + 1, last + 1)
    return [
        b'{"cursor":%d,"at":%b,"event":%b}' % fields
        for fields in zip(cursors, stamps, events, strict=True)
    ]


def _open(segment: bytes) -> tuple[bytes, bytes]:
    body = segment[_CHECKSUM:]
    if segment[:_CHECKSUM] != b"%08x" % crc32(body):
        raise ValueError("the checksum disagrees")
    times, _, texts = body.partition(_SEPARATOR)
    return times, texts
