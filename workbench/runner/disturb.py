"""Faults on demand, for a run that is being carried: what a button that breaks things does.

The simulator is asked to break its own sockets. A real provider cannot be asked to misbehave,
so there a fault happens on our side of the wire, where a run cannot tell the difference.
"""

import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import urlsplit

from workbench.clock import Clock
from workbench.errors import (
    CheckpointExpired,
    InvalidFault,
    ProviderUnreachable,
    StreamInterrupted,
)
from workbench.events import Fact, RunRequest, Transport
from workbench.providers.base import Answer, Capabilities, Checkpoint, Connection, Provider
from workbench.runner.steps import Steps
from workbench.runner.writer import Writer

__all__ = ["DISTURBANCES", "Disturbance", "Disturbed", "check_disturbance"]

_logger = logging.getLogger(__name__)

# What can be broken while a run goes on, wherever it runs.
DISTURBANCES = ("cut", "stall", "expire", "offline 5s")
_OFFLINE = re.compile(r"offline (\d{1,3})s")
_ASK_S = 5.0


def check_disturbance(fault: str, *, simulated: bool) -> None:
    """InvalidFault for what cannot be done to such a run on demand."""
    if simulated and (fault in DISTURBANCES or _OFFLINE.fullmatch(fault)):
        return
    if fault in {"cut", "expire"} or _OFFLINE.fullmatch(fault):
        return
    if fault == "stall":
        raise InvalidFault("Only the simulator can stall; cut the wire or go offline instead.")
    raise InvalidFault(f"{fault!r} cannot happen on demand; use {', '.join(DISTURBANCES)}.")


async def ask_simulator(base_url: str, response_id: str | None, fault: str) -> None:
    """Let the simulator break the connections of one response on its sockets, now."""
    import httpx  # a tenth of a second, which nobody waits for who breaks nothing

    parts = urlsplit(base_url)
    asked = {"fault": fault, **({"response_id": response_id} if response_id else {})}
    try:
        async with httpx.AsyncClient(timeout=_ASK_S) as http:
            await http.post(f"{parts.scheme}://{parts.netloc}/__sim/break", json=asked)
    except httpx.HTTPError as error:
        _logger.warning("The simulator could not be asked for %s: %s", fault, error)


class Disturbance:
    """What is wrong with the wire of one run, on purpose, until it passes."""

    def __init__(self, request: RunRequest, writer: Writer, steps: Steps, clock: Clock) -> None:
        self._request = request
        self._writer = writer
        self._steps = steps
        self._clock = clock
        self._offline_until = 0.0
        self._expired = False

    async def begin(self, fault: str) -> None:
        base_url = self._request.base_url
        simulated = self._request.provider == "simulator" and base_url is not None
        where = "simulator" if simulated else "here"
        self._writer.fact(Fact.FAULT, fault=fault, where=where)
        if simulated and base_url is not None:
            await ask_simulator(base_url, self._writer.progress.response_id, fault)
            return
        if offline := _OFFLINE.fullmatch(fault):
            self._offline_until = self._clock.monotonic() + int(offline[1])
        self._expired = self._expired or fault == "expire"
        message = f"the connection was broken on purpose: {fault}"
        self._steps.strike(StreamInterrupted(message, cause="cut", accepted=True))

    def check(self) -> None:
        if self._clock.monotonic() < self._offline_until:
            raise ProviderUnreachable("offline on purpose", cause="connect", accepted=False)

    def check_resume(self) -> None:
        self.check()
        if self._expired:
            raise CheckpointExpired(
                "the cursor was expired on purpose", cause="expired", accepted=True
            )


class Disturbed:
    """A provider seen through a disturbance."""

    def __init__(self, provider: Provider, disturbance: Disturbance) -> None:
        self.name = provider.name
        self._provider = provider
        self._disturbance = disturbance

    def base_url(self, request: RunRequest) -> str:
        return self._provider.base_url(request)

    async def capabilities(self, request: RunRequest) -> Capabilities:
        return await self._provider.capabilities(request)

    def open(
        self, request: RunRequest, transport: Transport
    ) -> AbstractAsyncContextManager[Connection]:
        return self._guarded(
            self._disturbance.check, lambda: self._provider.open(request, transport)
        )

    def resume(
        self, request: RunRequest, checkpoint: Checkpoint
    ) -> AbstractAsyncContextManager[Connection]:
        return self._guarded(
            self._disturbance.check_resume, lambda: self._provider.resume(request, checkpoint)
        )

    async def create(self, request: RunRequest, transport: Transport) -> Answer:
        self._disturbance.check()
        return await self._provider.create(request, transport)

    async def retrieve(self, request: RunRequest, checkpoint: Checkpoint) -> Answer:
        self._disturbance.check()
        return await self._provider.retrieve(request, checkpoint)

    async def cancel(self, request: RunRequest, checkpoint: Checkpoint) -> Answer:
        self._disturbance.check()
        return await self._provider.cancel(request, checkpoint)

    async def aclose(self) -> None:
        await self._provider.aclose()

    @asynccontextmanager
    async def _guarded(
        self,
        check: Callable[[], None],
        opening: Callable[[], AbstractAsyncContextManager[Connection]],
    ) -> AsyncIterator[Connection]:
        check()
        async with opening() as connection:
            yield connection
