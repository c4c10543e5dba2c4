"""What a server does with a connection, as values: faults turn pieces into these."""

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "Action",
    "Close",
    "Finish",
    "Forget",
    "GoOffline",
    "Hold",
    "Pause",
    "Reset",
    "Send",
    "SendShort",
]


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes of the body: one chunk, one write, not before it is due."""

    due: float
    data: bytes


@dataclass(frozen=True, slots=True)
class SendShort:
    """A chunk that announces more bytes than it brings."""

    due: float
    data: bytes
    announced: int


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of the body, in order."""

    due: float


@dataclass(frozen=True, slots=True)
class Close:
    """FIN in the middle of the body."""

    due: float


@dataclass(frozen=True, slots=True)
class Reset:
    """RST."""

    due: float


@dataclass(frozen=True, slots=True)
class GoOffline:
    """RST now, and for everything about this response in the seconds after."""

    due: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Forget:
    """RST now, and 404 for everything about this response from then on."""

    due: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence on an open socket until a moment."""

    due: float
    until: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Silence on an open socket until the peer leaves."""

    due: float


Action: TypeAlias = Send | SendShort | Finish | Close | Reset | GoOffline | Forget | Pause | Hold
