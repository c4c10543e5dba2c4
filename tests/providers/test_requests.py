"""What is sent for one call, and what is refused before anything is."""

import pytest

from tests.support.openai_calls import CHECKPOINT, KEY, request, streamed
from tests.support.raw_server import Asked, Peer, RawServer, json_answer, sse_head
from tests.support.running import in_loop
from workbench.errors import InvalidSetting, MissingKey
from workbench.events import RunRequest
from workbench.providers.base import Access
from workbench.providers.openai import OpenAIProvider


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
