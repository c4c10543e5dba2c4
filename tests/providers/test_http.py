"""One call on a real socket: its clocks, its ends, and what a wrong answer becomes."""

import asyncio
import gzip
from contextlib import AsyncExitStack

import pytest

from tests.support.raw_server import Asked, Peer, RawServer, chunked, json_answer, sse_head
from tests.support.running import in_loop
from workbench.errors import (
    InvalidSetting,
    MissingKey,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRejected,
    StreamInterrupted,
)
from workbench.events import Entry, RunRequest
from workbench.providers.base import Access, Checkpoint, Provider, Timeouts
from workbench.providers.chat import ChatProvider
from workbench.providers.openai import OpenAIProvider
from workbench.state import fold

KEY = "sk-test-1234567890abcdef"
EVENT = b'data: {"type":"response.output_text.delta","sequence_number":1,"delta":"hi"}\n\n'
CHECKPOINT = Checkpoint(response_id="resp_1", sequence=3)
SHORT = {"connect_s": 5.0, "headers_s": 5.0, "idle_s": 5.0}


def request(base_url: str, **timeouts: float) -> RunRequest:
    return RunRequest(
        input="hello", provider="openai", base_url=base_url, timeouts=SHORT | timeouts
    )


async def streamed(server: RawServer, **timeouts: float) -> bytes:
    """The whole body of a create."""
    async with AsyncExitStack() as stack:
        provider = OpenAIProvider(Access(api_key=KEY))
        stack.push_async_callback(provider.aclose)
        connection = await stack.enter_async_context(
            provider.open(request(server.base_url, **timeouts), "background")
        )
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


# --- clocks -----------------------------------------------------------------------------------


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
            await asyncio.sleep(0.05)
            await peer.send(chunked(b": still here\n\n"))
        await peer.send(chunked(EVENT), b"0\r\n\r\n")

    async with RawServer(beats) as server:
        assert (await streamed(server, idle_s=0.2)).endswith(EVENT)


@in_loop
async def test_a_slow_reader_is_not_a_silent_provider() -> None:
    async def sends(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head(), chunked(EVENT), chunked(EVENT), b"0\r\n\r\n")

    async with RawServer(sends) as server, AsyncExitStack() as stack:
        provider = OpenAIProvider(Access(api_key=KEY))
        stack.push_async_callback(provider.aclose)
        connection = await stack.enter_async_context(
            provider.open(request(server.base_url, idle_s=0.05), "stream")
        )
        size = 0
        async for chunk in connection.chunks():
            size += len(chunk)
            await asyncio.sleep(0.15)
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


# --- ends -------------------------------------------------------------------------------------


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
        await peer.send(sse_head(), chunked(EVENT))
        await asyncio.sleep(0.05)
        await peer.send(*[chunked(EVENT)] * 5)
        await asyncio.sleep(0.05)
        peer.reset()
        done.set()

    async with RawServer(resets) as server, AsyncExitStack() as stack:
        provider = OpenAIProvider(Access(api_key=KEY))
        stack.push_async_callback(provider.aclose)
        connection = await stack.enter_async_context(
            provider.open(request(server.base_url), "stream")
        )
        received = b""

        async def read_slowly() -> None:
            nonlocal received
            async for chunk in connection.chunks():
                received += chunk
                await done.wait()
                await asyncio.sleep(0.05)

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


# --- answers ----------------------------------------------------------------------------------


@in_loop
async def test_a_page_where_a_stream_was_expected_is_kept_in_the_error() -> None:
    page = b"<html><title>Sign in to the proxy</title> Bearer abcdefghijkl</html>"

    async def pages(peer: Peer, asked: Asked) -> None:
        await peer.send(json_answer(200, page))

    async with RawServer(pages) as server:
        error = await failing(server)
    assert isinstance(error, StreamInterrupted)
    assert (error.cause, error.accepted) == ("not_a_stream", None)
    assert "text/html" in str(error)
    assert "Sign in to the proxy" in error.body
    assert "abcdefghijkl" not in error.body


@in_loop
async def test_a_page_that_never_ends_is_read_to_its_beginning_only() -> None:
    async def pours(peer: Peer, asked: Asked) -> None:
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
        while True:
            await peer.send(b"x" * 65536)

    async with RawServer(pours) as server:
        error = await failing(server)
    assert error.cause == "not_a_stream"
    assert len(error.body) <= 65536


@in_loop
async def test_an_error_inside_a_200_is_the_error_that_it_says() -> None:
    async def routes(peer: Peer, asked: Asked) -> None:
        error = {"code": 429, "message": "Provider returned error, try again in 3s"}
        await peer.send(json_answer(200, {"error": error, "user_id": "u"}))

    async with RawServer(routes) as server:
        for error in (await failing(server), await fetched(server)):
            assert isinstance(error, ProviderBusy)
            assert (error.status, error.accepted, error.retry_after_s) == (429, False, 3.0)


@in_loop
async def test_an_error_status_carries_its_facts() -> None:
    async def refuses(peer: Peer, asked: Asked) -> None:
        error = {"message": f"Incorrect API key provided: {KEY}.", "code": "invalid_api_key"}
        await peer.send(json_answer(401, {"error": error}, more="x-request-id: req_7\r\n"))

    async with RawServer(refuses) as server:
        error = await failing(server)
    assert isinstance(error, RequestRejected)
    assert (error.status, error.code, error.request_id) == (401, "invalid_api_key", "req_7")
    assert KEY not in repr(error.body)
    assert "OPENAI_API_KEY" in str(error)


@in_loop
async def test_a_redirect_is_not_followed() -> None:
    async def redirects(peer: Peer, asked: Asked) -> None:
        await peer.send(json_answer(307, {}, more="Location: http://127.0.0.1:9/v1/responses\r\n"))

    async with RawServer(redirects) as server:
        error = await failing(server)
        assert isinstance(error, RequestRejected)
        assert error.status == 307
        assert len(server.asked) == 1


@in_loop
async def test_a_stored_response_that_is_no_json_is_asked_for_again_later() -> None:
    async def pages(peer: Peer, asked: Asked) -> None:
        await peer.send(json_answer(200, b"<html>busy</html>"))

    async with RawServer(pages) as server:
        assert isinstance(await fetched(server), ProviderBusy)


@in_loop
async def test_a_compressed_body_is_read_all_the_same() -> None:
    async def compresses(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head(more="Content-Encoding: gzip\r\n"))
        await peer.send(chunked(gzip.compress(EVENT * 3)), b"0\r\n\r\n")

    async with RawServer(compresses) as server:
        assert await streamed(server) == EVENT * 3


@pytest.mark.parametrize("speaks", ["responses", "chat"])
def test_a_server_that_does_not_know_how_to_stream_has_its_answer_taken(speaks: str) -> None:
    part = {"type": "output_text", "text": "whole", "annotations": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [part]}
    answers = {
        "responses": {"id": "resp_1", "status": "completed", "output": [message]},
        "chat": {
            "id": "gen-1",
            "choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}],
        },
    }

    @in_loop
    async def ask() -> None:
        async def answers_whole(peer: Peer, asked: Asked) -> None:
            await peer.send(json_answer(200, answers[speaks]))

        async with RawServer(answers_whole) as server:
            access = Access(base_url=server.base_url, model="m")
            provider: Provider = {"responses": OpenAIProvider, "chat": ChatProvider}[speaks](access)
            async with provider.open(RunRequest(input="x"), "stream") as connection:
                translator = connection.translator()
                found = [
                    one async for chunk in connection.chunks() for one in translator.feed(chunk)
                ]
                found += translator.finish()
            await provider.aclose()
        state = fold(Entry(n, 0.0, one.event) for n, one in enumerate(found, 1))
        assert state.text == "whole"
        assert found[-1].event["type"] == "response.completed"
        assert all(one.event["workbench"]["filled"] for one in found)

    ask()


# --- requests ---------------------------------------------------------------------------------


@in_loop
async def test_a_stream_is_asked_for_so_that_no_proxy_gathers_it() -> None:
    async def ends(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head(), b"0\r\n\r\n")

    async with RawServer(ends) as server:
        await streamed(server)
        headers = server.asked[0].headers
    assert headers["accept"] == "text/event-stream"
    assert headers["accept-encoding"] == "identity"
    assert headers["cache-control"] == "no-store"
    assert headers["authorization"] == f"Bearer {KEY}"


@in_loop
async def test_organisation_and_project_travel_and_a_missing_key_does_not() -> None:
    async def answers(peer: Peer, asked: Asked) -> None:
        await peer.send(json_answer(200, {"id": "r"}, more="openai-poll-after-ms: 1500\r\n"))

    async with RawServer(answers) as server:
        provider = OpenAIProvider(Access(organization="org_1", project="proj_1"))
        answer = await provider.retrieve(request(server.base_url), CHECKPOINT)
        await provider.aclose()
        headers = server.asked[0].headers
    assert headers["openai-organization"] == "org_1"
    assert headers["openai-project"] == "proj_1"
    assert "authorization" not in headers
    assert answer.poll_after_s == 1.5
    assert answer.size == len(b'{"id":"r"}')


def test_nothing_is_sent_to_openai_without_a_key() -> None:
    @in_loop
    async def create() -> None:
        provider = OpenAIProvider(Access())
        with pytest.raises(MissingKey, match="OPENAI_API_KEY"):
            await provider.create(RunRequest(input="x"), "sync")

    create()


@pytest.mark.parametrize("key", ["sk-a\nb", "sk a", "sk-ключ"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        OpenAIProvider(Access(api_key=key))
    assert key not in str(caught.value)


def test_a_line_end_after_a_key_is_forgiven() -> None:
    OpenAIProvider(Access(api_key=f"{KEY}\n"))


@pytest.mark.parametrize("base_url", ["ftp://host/v1", "host/v1", "http://[::1/v1", ""])
def test_a_base_url_that_cannot_be_one_is_refused(base_url: str) -> None:
    @in_loop
    async def create() -> None:
        provider = OpenAIProvider(Access(api_key=KEY, base_url=base_url or "nowhere"))
        with pytest.raises(InvalidSetting, match="base URL"):
            await provider.create(RunRequest(input="x"), "sync")

    create()


@in_loop
async def test_a_stream_that_is_left_early_closes_its_connection() -> None:
    left = asyncio.Event()

    async def pours(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head(), chunked(EVENT))
        await peer.until_closed()
        left.set()

    async with RawServer(pours) as server:
        provider = OpenAIProvider(Access(api_key=KEY))
        async with provider.open(request(server.base_url), "stream") as connection:
            async for _ in connection.chunks():
                break
        await asyncio.wait_for(left.wait(), 5)
        await provider.aclose()


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
