"""What a provider is: an adapter that speaks one model API. Another provider is one file and
one line in the registry.

A provider opens connections and says what their bytes mean; it never retries, waits or writes
a log. Every call raises only members of ProviderError, MissingKey or InvalidSetting.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from workbench.events import Arrival, Event, RunRequest, Transport

__all__ = [
    "Capabilities",
    "Checkpoint",
    "Connection",
    "Provider",
    "Translated",
    "Translator",
    "arrived",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do; None means: not known yet, ask once and remember."""

    stream: bool | None = True
    background: bool | None = None
    resume: bool | None = None
    poll: bool | None = None
    cancel: bool | None = None
    reasoning: bool | None = None
    tools: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where the provider can continue: a response and the last sequence number taken from it."""

    response_id: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """One event made from received bytes: its JSON text to store, and the same decoded."""

    json: bytes
    event: Event


class Translator(Protocol):
    """Bytes of one connection to events, in order; pure, and it never invents one."""

    def feed(self, chunk: bytes) -> list[Translated]:
        """The events that these bytes complete."""

    def finish(self) -> list[Translated]:
        """The events that only the end of the stream completes (chat: usage, the terminal)."""

    @property
    def frames(self) -> int:
        """How many whole frames were decoded."""


class Connection(Protocol):
    """An answered request whose body streams."""

    status: int
    request_id: str | None

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives; StreamInterrupted when it breaks, plain end when it ends."""

    def translator(self) -> Translator:
        """A fresh translator for this body."""


class Provider(Protocol):
    name: str

    async def capabilities(self, request: RunRequest) -> Capabilities:
        """What can be done for this request at its base URL, probed once when unknown."""

    def open(
        self, request: RunRequest, transport: Transport
    ) -> AbstractAsyncContextManager[Connection]:
        """Create a response and stream it (transports `stream` and `background`)."""

    async def create(self, request: RunRequest, transport: Transport) -> Event:
        """Create a response without streaming it: the object, final (`sync`) or not (`poll`)."""

    def resume(
        self, request: RunRequest, checkpoint: Checkpoint
    ) -> AbstractAsyncContextManager[Connection]:
        """Stream the events of a response after a checkpoint."""

    async def retrieve(self, request: RunRequest, checkpoint: Checkpoint) -> Event:
        """The provider's stored response object."""

    async def cancel(self, request: RunRequest, checkpoint: Checkpoint) -> Event:
        """Ask the provider to stop; the response object it answers with."""

    async def aclose(self) -> None:
        """Let go of connections."""


def arrived(at: float, translated: list[Translated]) -> list[Arrival]:
    """Stamp events with the moment their last byte arrived."""
    return [Arrival(at, one.json) for one in translated]
