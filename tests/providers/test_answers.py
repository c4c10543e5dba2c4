"""What an answer becomes that is not the stream that was asked for."""

import gzip

import pytest

from tests.support.openai_calls import EVENT, KEY, failing, fetched, streamed
from tests.support.raw_server import Asked, Peer, RawServer, chunked, json_answer, sse_head
from tests.support.running import in_loop
from workbench.errors import ProviderBusy, RequestRejected, StreamInterrupted
from workbench.events import Entry, RunRequest
from workbench.providers.base import Access, Provider
from workbench.providers.chat import ChatProvider
from workbench.providers.openai import OpenAIProvider
from workbench.state import fold


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
