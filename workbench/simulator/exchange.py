"""One HTTP exchange as values: what was asked, and the timed pieces of the answer.

The application turns a Request into a Reply without touching a socket; faults turn a Reply's
pieces into other pieces; the server is the only part that sends anything. In order, the server
asks `application.address(request)`, which changes nothing, so that a fault may refuse a create
that then never happened (`application.refused(address, ending)`); otherwise it awaits
`application.handle(request)`, sends the reply and calls its `closed` exactly once.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

__all__ = ["Address", "Ending", "Kind", "Piece", "Reply", "Request", "Served", "number_from"]

Kind = Literal["create", "resume", "poll", "cancel", "other"]


_NUMBER_DIGITS = 18  # Python refuses to read very long numbers, and nothing here is that large


def number_from(text: str) -> int | None:
    """A whole number from 0 that a client wrote; None when it is none, or absurdly long."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS
    return int(text) if is_number else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A parsed HTTP request."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    target: str = ""  # the path and query as they were sent
    # Called with the id of a response the moment it exists, before anything is said of it.
    accepted: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Which response a request is about, and the how-manieth connection on its behalf it is.

    Creates, resumed streams and polls count as connections; "cancel" and "other" (delete, models)
    have the number 0.
    """

    kind: Kind
    response_id: str | None = None  # of a create: the id that the response will have
    connection: int = 0  # from 1
    faults: str | None = None  # chosen by the request that created the response
    starting_after: int | None = None
    taken: tuple[int, ...] = ()  # sequence numbers that insertions used up, also elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Whole bytes of the body, due at a moment of the server's monotonic clock.

    The application yields a piece when it is due, not before: a cancel is noticed in a silence.
    """

    due: float
    data: bytes
    type: str | None = None  # the event's type when the piece is one SSE frame
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a connection went: all was sent, the client left, a fault broke it, or refused it."""

    how: Literal["complete", "left", "broken", "refused"]
    events: int = 0
    bytes: int = 0
    faults: tuple[str, ...] = ()  # those that were applied, in their text form


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: either `body`, or for a stream its `pieces`.

    Pieces that end in a ConnectionError break the connection where they were.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: AsyncIterator[Piece] | None = None
    address: Address = field(default_factory=lambda: Address(kind="other"))
    closed: Callable[[Ending], None] | None = None


class Served(Protocol):
    """What a server serves: the application, as the server and its faults see it."""

    def address(self, request: Request) -> Address:
        """Which response the request is about; changes nothing and never fails."""

    def refused(self, address: Address, ending: Ending) -> None:
        """A fault answered in the application's place; the request was never handled."""

    async def handle(self, request: Request) -> Reply: ...

    def fail(self, response_id: str, *, after: int | None, announced: bool) -> None:
        """End the response as failed after its first `after` events, or now when that is None.

        An announced failure has an `error` event before its `response.failed`. A response that
        has already ended stays as it is.
        """

    def take(self, response_id: str, numbers: Sequence[int]) -> None:
        """Remember the sequence numbers that insertions used up so far, for good."""

    def complete(self, response_id: str) -> None:
        """Let the response complete this instant, ahead of its schedule."""
