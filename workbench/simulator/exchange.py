"""One HTTP exchange as values: what was asked, and the timed pieces of the answer.

The application turns a Request into a Reply without touching a socket; faults turn a Reply's
pieces into other pieces; the server is the only part that sends anything.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

__all__ = ["Piece", "Reply", "Request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A parsed HTTP request."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Whole bytes of the body, due at a moment of the server's monotonic clock."""

    due: float
    data: bytes
    type: str | None = None  # the event's type when the piece is one SSE frame
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: either `body`, or for a stream its `pieces`."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: AsyncIterator[Piece] | None = None
    response_id: str | None = None
    faults: str | None = None  # chosen by the request: faults for the connections of this response
