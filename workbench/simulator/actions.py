"""What a server does with a connection, as values: faults turn pieces into these."""

from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Action", "Close", "Finish", "Hold", "Reset", "Send", "SendShort"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Bytes of the body: one chunk, one write."""

    due: float
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SendShort:
    """A chunk that announces more bytes than it brings."""

    due: float
    data: bytes
    announced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """The end of the body, in order."""

    due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """FIN in the middle of the body."""

    due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """RST."""

    due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Silence on an open socket, until the peer leaves."""

    due: float


Action: TypeAlias = Send | SendShort | Finish | Close | Reset | Hold
