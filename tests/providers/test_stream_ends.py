"""How the bytes of one call end on a real socket, and what each end means."""

import asyncio

import pytest

from tests.support.openai_calls import EVENT, KEY, connected, failing, request, streamed
from tests.support.raw_server import Asked, Peer, RawServer, chunked, sse_head
from tests.support.running import in_loop
from workbench.errors import ProviderUnreachable, StreamInterrupted
from workbench.providers.base import Access
from workbench.providers.openai import OpenAIProvider


@in_loop
async def test_a_body_cut_in_a_chunk_is_an_interruption_after_all_that_came() -> None:
    async def cuts(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head(), chunked(EVENT), b"5000\r\nhalf a chu")

    async with RawServer(cuts) as server:
        error = await failing(server)
    assert isinstance(error, StreamInterrupted)
    assert error.cause == "cut"


@in_loop
async def test_what_came_before_a_reset_is_read_even_by_a_slow_reader() -> None:
    done = asyncio.Event()

    async def resets(peer: Peer, asked: Asked) -> None:
        # Pauses, so that the reader holds the first event, and the rest has come, at the reset.
        await peer.send(sse_head(), chunked(EVENT))
        await asyncio.sleep(0.05)
        await peer.send(*[chunked(EVENT)] * 5)
        await asyncio.sleep(0.05)
        peer.reset()
        done.set()

    async with RawServer(resets) as server, connected(server) as connection:
        received = b""

        async def read_slowly() -> None:
            nonlocal received
            async for chunk in connection.chunks():
                received += chunk
                await done.wait()
                await asyncio.sleep(0.05)  # nothing on this side shows that the reset has come

        with pytest.raises(StreamInterrupted) as caught:
            await read_slowly()
        assert caught.value.cause == "reset"
        assert received == EVENT * 6


@in_loop
async def test_a_clean_end_is_only_an_end() -> None:
    async def ends(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head(), chunked(EVENT), b"0\r\n\r\n")

    async with RawServer(ends) as server:
        assert await streamed(server) == EVENT


@in_loop
async def test_a_body_that_ends_with_its_connection_is_read_to_its_end() -> None:
    async def closes(peer: Peer, asked: Asked) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        await peer.send(head, EVENT)

    async with RawServer(closes) as server:
        assert await streamed(server) == EVENT


@in_loop
async def test_a_connection_closed_without_an_answer_may_have_been_accepted() -> None:
    async def leaves(peer: Peer, asked: Asked) -> None:
        return

    async with RawServer(leaves) as server:
        error = await failing(server)
        assert isinstance(error, ProviderUnreachable)
        assert (error.cause, error.accepted) == ("reset", None)
        assert len(server.asked) == 1, "a create is sent once, whatever becomes of it"


@in_loop
async def test_a_refused_connection_was_never_accepted() -> None:
    async with RawServer(lambda peer, asked: peer.until_closed()) as server:
        base_url = server.base_url
    provider = OpenAIProvider(Access(api_key=KEY))
    with pytest.raises(ProviderUnreachable) as caught:
        await provider.create(request(base_url), "poll")
    await provider.aclose()
    assert (caught.value.cause, caught.value.accepted) == ("connect", False)


@in_loop
async def test_bytes_that_are_not_http_are_garbled() -> None:
    async def babbles(peer: Peer, asked: Asked) -> None:
        await peer.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    async with RawServer(babbles) as server:
        error = await failing(server)
    assert isinstance(error, ProviderUnreachable)
    assert error.cause == "garbled"


@in_loop
async def test_a_stream_that_is_left_early_closes_its_connection() -> None:
    left = asyncio.Event()

    async def pours(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head(), chunked(EVENT))
        await peer.until_closed()
        left.set()

    async with RawServer(pours) as server:
        async with connected(server) as connection:
            async for _ in connection.chunks():
                break
        await asyncio.wait_for(left.wait(), 5)


@in_loop
async def test_a_cancelled_reader_stays_cancelled() -> None:
    streaming = asyncio.Event()

    async def stalls(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head(), chunked(EVENT))
        streaming.set()
        await peer.until_closed()

    async with RawServer(stalls) as server:
        reading = asyncio.create_task(streamed(server))
        await streaming.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
