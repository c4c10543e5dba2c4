"""One call of the openai provider to a raw server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.raw_server import RawServer
from workbench.errors import ProviderError
from workbench.events import RunRequest, Transport
from workbench.providers.base import Access, Checkpoint, Connection
from workbench.providers.openai import OpenAIProvider

__all__ = ["CHECKPOINT", "EVENT", "KEY", "connected", "failing", "fetched", "request", "streamed"]

KEY = "sk-test-1234567890abcdef"
EVENT = b'data: {"type":"response.output_text.delta","sequence_number":1,"delta":"hi"}\n\n'
CHECKPOINT = Checkpoint(response_id="resp_1", sequence=3)
SHORT = {"connect_s": 5.0, "headers_s": 5.0, "idle_s": 5.0}


def request(base_url: str, **timeouts: float) -> RunRequest:
    return RunRequest(
        input="hello", provider="openai", base_url=base_url, timeouts=SHORT | timeouts
    )


@asynccontextmanager
async def connected(
    server: RawServer, transport: Transport = "stream", **timeouts: float
) -> AsyncIterator[Connection]:
    provider = OpenAIProvider(Access(api_key=KEY))
    try:
        async with provider.open(request(server.base_url, **timeouts), transport) as connection:
            yield connection
    finally:
        await provider.aclose()


async def streamed(server: RawServer, **timeouts: float) -> bytes:
    """The whole body of a create."""
    async with connected(server, "background", **timeouts) as connection:
        return b"".join([chunk async for chunk in connection.chunks()])


async def failing(server: RawServer, **timeouts: float) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await streamed(server, **timeouts)
    assert KEY not in str(caught.value)
    return caught.value


async def fetched(server: RawServer) -> ProviderError:
    provider = OpenAIProvider(Access(api_key=KEY))
    with pytest.raises(ProviderError) as caught:
        await provider.retrieve(request(server.base_url), CHECKPOINT)
    await provider.aclose()
    return caught.value
