"""The clocks of one call on a real socket: connect, headers, idle."""

import asyncio

import pytest

from tests.support.openai_calls import EVENT, KEY, connected, failing, request, streamed
from tests.support.raw_server import Asked, Peer, RawServer, chunked, sse_head
from tests.support.running import in_loop
from workbench.errors import InvalidSetting, ProviderUnreachable, StreamInterrupted
from workbench.providers.base import Access, Timeouts
from workbench.providers.openai import OpenAIProvider


@in_loop
async def test_a_server_that_never_answers_runs_out_of_time_for_headers() -> None:
    async def silent(peer: Peer, asked: Asked) -> None:
        await peer.until_closed()

    async with RawServer(silent) as server:
        # Neither the longer connect nor the shorter idle time is taken for it.
        error = await failing(server, headers_s=0.2, idle_s=0.05)
    assert isinstance(error, ProviderUnreachable)
    assert (error.cause, error.accepted) == ("headers", None)
    assert "0.2 s" in str(error)


@in_loop
async def test_a_stream_that_falls_silent_runs_out_of_idle_time() -> None:
    async def stalls(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head(), chunked(EVENT))
        await peer.until_closed()

    async with RawServer(stalls) as server:
        # A header time that is shorter must not end the stream, nor a longer one keep it alive.
        error = await failing(server, idle_s=0.2, headers_s=0.1)
        assert isinstance(error, StreamInterrupted)
        assert (error.cause, error.accepted) == ("idle", True)
        error = await failing(server, idle_s=0.1, headers_s=30.0)
        assert error.cause == "idle"


@in_loop
async def test_heartbeats_keep_a_silent_stream_alive() -> None:
    async def beats(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head())
        for _ in range(8):
            await asyncio.sleep(0.05)  # 0.4 s in all: twice the idle time
            await peer.send(chunked(b": still here\n\n"))
        await peer.send(chunked(EVENT), b"0\r\n\r\n")

    async with RawServer(beats) as server:
        assert (await streamed(server, idle_s=0.2)).endswith(EVENT)


@in_loop
async def test_a_slow_reader_is_not_a_silent_provider() -> None:
    async def sends(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head(), chunked(EVENT), chunked(EVENT), b"0\r\n\r\n")

    async with RawServer(sends) as server, connected(server, idle_s=0.05) as connection:
        size = 0
        async for chunk in connection.chunks():
            size += len(chunk)
            await asyncio.sleep(0.15)  # three times the provider's idle time
        assert size == 2 * len(EVENT)


@in_loop
async def test_a_connection_that_is_not_accepted_runs_out_of_time_to_connect() -> None:
    # An address kept for documentation: packets to it go nowhere, or are refused at once.
    provider = OpenAIProvider(Access(api_key=KEY))
    with pytest.raises(ProviderUnreachable) as caught:
        await provider.create(request("http://192.0.2.1:81/v1", connect_s=0.2), "poll")
    await provider.aclose()
    assert caught.value.cause == "connect"
    assert caught.value.accepted is False


@pytest.mark.parametrize("timeouts", [{"idle": 3.0}, {"idle_s": 0.0}, {"headers_s": -1.0}])
def test_a_wrong_timeout_is_named(timeouts: dict[str, float]) -> None:
    with pytest.raises(InvalidSetting, match=r"idle|headers_s"):
        Timeouts().override(timeouts)
