"""What a provider is: an adapter that speaks one model API. Another provider is one file and
one line in the registry.

A provider opens connections and says what their bytes mean; it never retries, waits or writes
a log. Every call raises only members of ProviderError, MissingKey or InvalidSetting. A provider
belongs to the event loop that first used it.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple, Protocol

from workbench.errors import InvalidSetting
from workbench.events import Arrival, Event, RunRequest, Translated, Transport

__all__ = [
    "Access",
    "Answer",
    "Capabilities",
    "Checkpoint",
    "Connection",
    "Provider",
    "Timeouts",
    "Translated",
    "Translator",
    "arrived",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long each silence of a provider is borne, in seconds."""

    connect_s: float = 10.0  # name lookup, TCP and TLS
    headers_s: float = 120.0  # from the request sent to the first line of the answer
    idle_s: float = 300.0  # between two chunks; heartbeats count, proxies cut at 60 to 300
    answer_s: float = 900.0  # a whole answer that does not stream (transport `sync`)

    def override(self, wanted: Mapping[str, float]) -> "Timeouts":
        """These, with what a request asks for; InvalidSetting for a name or value that is wrong."""
        known = {one.name for one in fields(self)}
        for name, value in wanted.items():
            if name not in known:
                raise InvalidSetting(f"no timeout is called {name!r}; there are {sorted(known)}")
            if not value > 0:
                raise InvalidSetting(f"the timeout {name} must be more than 0 seconds, not {value}")
        return replace(self, **wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to reach one provider. It comes from settings and is never stored with a run."""

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    organization: str | None = None
    project: str | None = None
    model: str | None = None  # for requests that name none
    temperature: float | None = None
    max_output_tokens: int | None = None
    # None leaves storing to the provider's rule; background runs always ask for it unless False.
    store: bool | None = None
    timeouts: Timeouts = Timeouts()


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


class Answer(NamedTuple):
    """A response object that came whole."""

    response: Event
    size: int  # bytes of the body as received
    request_id: str | None = None
    poll_after_s: float | None = None  # when the provider would like to be asked again


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

    def base_url(self, request: RunRequest) -> str:
        """Where this request goes; what is known of a provider is known by its base URL."""

    async def capabilities(self, request: RunRequest) -> Capabilities:
        """What can be done for this request at its base URL, probed once when unknown.

        MissingKey here, and not only when something is to be sent, where nothing works without.
        """

    def open(
        self, request: RunRequest, transport: Transport
    ) -> AbstractAsyncContextManager[Connection]:
        """Create a response and stream it (transports `stream` and `background`)."""

    async def create(self, request: RunRequest, transport: Transport) -> Answer:
        """Create a response without streaming it: the object, final (`sync`) or not (`poll`)."""

    def resume(
        self, request: RunRequest, checkpoint: Checkpoint
    ) -> AbstractAsyncContextManager[Connection]:
        """Stream the events of a response after a checkpoint."""

    async def retrieve(self, request: RunRequest, checkpoint: Checkpoint) -> Answer:
        """The provider's stored response object."""

    async def cancel(self, request: RunRequest, checkpoint: Checkpoint) -> Answer:
        """Ask the provider to stop; the response object it answers with."""

    async def aclose(self) -> None:
        """Let go of connections."""


def arrived(at: float, translated: list[Translated]) -> list[Arrival]:
    """Stamp events with the moment their last byte arrived."""
    return [Arrival(at, one.json) for one in translated]
