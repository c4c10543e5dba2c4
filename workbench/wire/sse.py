"""Server-sent events: bytes in, frames out, and back. Nothing here does I/O.

A frame is what the WHATWG algorithm dispatches; it has no meaning yet. The
decoder never invents one: bytes after the last blank line stay undispatched,
so a cut connection yields a prefix of the frames and nothing else.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import re
from dataclasses import dataclass

from workbench.errors import FrameTooLarge

__all__ = ["MAX_FRAME_BYTES", "Frame", "FrameDecoder", "encode"]

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


class FrameDecoder:
    """Feed it chunks as they arrive, cut anywhere."""

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self.retry_ms: int | None = None
        self._max = max_frame_bytes
        self._size = 0
        self._partial: list[bytes] = []
        self._after_cr = False
        self._at_start = True
        self._data: list[str] = []
        self._event = ""
        self._id = ""

    def feed(self, chunk: bytes) -> list[Frame]:
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
        return frames

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._max:
            raise FrameTooLarge(f"frame exceeds {self._max} bytes")
        self._partial.append(piece)

    def _end_line(self) -> Frame | None:
        line = b"".join(self._partial)
        self._partial.clear()
        if self._at_start:
            line = line.removeprefix(_BOM)
            self._at_start = False
        if not line:
            return self._end_frame()

        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "event":
                self._event = value
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry_ms = int(value)
        if name != "data":
            self._size -= len(line)  # only what is still held counts
        return None

    def _end_frame(self) -> Frame | None:
        data, event = self._data, self._event
        self._data, self._event, self._size = [], "", 0
        if not data:
            return None  # a comment, a heartbeat or a bare id is not an event
        return Frame(data="\n".join(data), event=event or "message", id=self._id)


def encode(frame: Frame) -> bytes:
    """The bytes of one frame. `decode(encode(f)) == f`, up to newline style."""
    for field in (frame.event, frame.id):
        if _TEXT_LINE_END.search(field) or "\0" in field:
            raise ValueError(f"event and id must be one line without NUL, got {field!r}")
    head = f"id: {frame.id}\n" if frame.id else ""
    head += f"event: {frame.event}\n" if frame.event != "message" else ""
    body = "".join(f"data: {line}\n" for line in _TEXT_LINE_END.split(frame.data))
    return f"{head}{body}\n".encode()
