"""Server-sent events: bytes in, frames out, and back. Nothing here does I/O.

A frame is what the WHATWG algorithm dispatches; it has no meaning yet. The
decoder never invents one: bytes after the last blank line stay undispatched,
so a cut connection yields a prefix of the frames and nothing else.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

There are two ways through the decoder. Line by line is the algorithm as written, and always
right. A stream whose lines end in LF alone, as nearly all do, may instead be split at its blank
lines, and the usual block of two lines is then read at once. Both give the same frames, as tested.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from workbench.errors import FrameTooLarge

__all__ = ["MAX_FRAME_BYTES", "Frame", "FrameDecoder", "RawFrame", "decoded", "encode"]

# A final object with images in it runs to megabytes; a peer that never ends a frame is refused.
MAX_FRAME_BYTES = 64 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_TEXT_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    data: str
    event: str = "message"
    id: str = ""


# A frame whose bytes nobody has decoded: data, event (empty when none was named) and id.
# A bare tuple, because one is made per event and a class costs as much as all the splitting.
RawFrame: TypeAlias = tuple[bytes, bytes, bytes]


def decoded(raw: RawFrame) -> Frame:
    data, event, id_ = (field.decode("utf-8", "replace") for field in raw)
    return Frame(data=data, event=event or "message", id=id_)


class FrameDecoder:
    """Feed it chunks as they arrive, cut anywhere."""

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max = max_frame_bytes
        self._id = b""
        self._retry_ms: int | None = None
        self._at_start = True
        # Whole chunks of a block without its blank line, not looked into yet.
        self._held: list[bytes] = []
        self._held_size = 0
        # Line by line: the line in progress and the fields of the frame in progress.
        self._mid_frame = False
        self._after_cr = False
        self._size = 0
        self._partial: list[bytes] = []
        self._data: list[bytes] = []
        self._event = b""

    @property
    def retry_ms(self) -> int | None:
        """The reconnection time that the peer last asked for."""
        if self._held:
            self._by_line(self._release())
        return self._retry_ms

    def feed(self, chunk: bytes) -> list[Frame]:
        return [decoded(raw) for raw in self.feed_raw(chunk)]

    def feed_raw(self, chunk: bytes) -> list[RawFrame]:
        if self._mid_frame or b"\r" in chunk:
            return self._by_line(self._release() + chunk)
        if self._held:
            straddled = chunk[:1] == b"\n" and self._held[-1].endswith(b"\n")
            if not straddled and b"\n\n" not in chunk:
                return self._hold(chunk)
            chunk = self._release() + chunk
        if len(chunk) > self._max:
            return self._by_line(chunk)
        blocks = chunk.split(b"\n\n")
        if tail := blocks.pop():
            self._hold(tail)
        return self._by_block(blocks) if blocks else []

    def _hold(self, chunk: bytes) -> list[RawFrame]:
        if chunk:
            self._held.append(chunk)
            self._held_size += len(chunk)
        # Comments do not count against the limit, and only lines can tell.
        return self._by_line(self._release()) if self._held_size > self._max else []

    def _release(self) -> bytes:
        held = b"".join(self._held)
        self._held.clear()
        self._held_size = 0
        return held

    def _by_block(self, blocks: list[bytes]) -> list[RawFrame]:
        if self._at_start:
            blocks[0] = blocks[0].removeprefix(_BOM)
            self._at_start = False
        frames = []
        for block in blocks:
            # Nearly every block is one line of data, with or without a line of event before it.
            event, _, data = block.rpartition(b"\n")
            if data.startswith(b"data: ") and (
                not event or (event.startswith(b"event: ") and b"\n" not in event)
            ):
                frames.append((data[6:], event[7:], self._id))
            else:
                frames += self._by_line(block + b"\n\n")
        return frames

    def _by_line(self, chunk: bytes) -> list[RawFrame]:
        if not chunk:
            return []
        # A CR ends its line at once; the LF of a CRLF cut in two is dropped here.
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")

        # Only the new bytes are scanned, so many tiny chunks stay linear.
        *ended, tail = _LINE_END.split(chunk)
        frames = []
        for line in ended:
            self._keep(line)
            if frame := self._end_line():
                frames.append(frame)
        self._keep(tail)
        self._mid_frame = bool(self._partial or self._data or self._event or self._after_cr)
        return frames

    def _keep(self, piece: bytes) -> None:
        if not piece:
            return
        self._size += len(piece)
        if self._size > self._max:
            raise FrameTooLarge(f"frame exceeds {self._max} bytes")
        self._partial.append(piece)

    def _end_line(self) -> RawFrame | None:
        line = b"".join(self._partial)
        self._partial.clear()
        if self._at_start:
            line = line.removeprefix(_BOM)
            self._at_start = False
        if not line:
            return self._end_frame()

        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"data":
                self._data.append(value)
            case b"event":
                self._event = value
            case b"id" if b"\0" not in value:
                self._id = value
            case b"retry" if value.isdigit():
                self._retry_ms = int(value)
        if name != b"data":
            self._size -= len(line)  # only what is still held counts
        return None

    def _end_frame(self) -> RawFrame | None:
        data, event = self._data, self._event
        self._data, self._event, self._size = [], b"", 0
        if not data:
            return None  # a comment, a heartbeat or a bare id is not an event
        return b"\n".join(data), event, self._id


def encode(frame: Frame) -> bytes:
    """The bytes of one frame. `decode(encode(f)) == f`, up to newline style."""
    for field in (frame.event, frame.id):
        if _TEXT_LINE_END.search(field) or "\0" in field:
            raise ValueError(f"event and id must be one line without NUL, got {field!r}")
    head = f"id: {frame.id}\n" if frame.id else ""
    head += f"event: {frame.event}\n" if frame.event != "message" else ""
    body = "".join(f"data: {line}\n" for line in _TEXT_LINE_END.split(frame.data))
    return f"{head}{body}\n".encode()
