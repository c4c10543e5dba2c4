"""Faults before another server: everything passes as it came, until it is broken."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import orjson
import pytest
from openai import APIConnectionError, OpenAI

from tests.support.raw_http import Answer, ask
from tests.support.small_provider import STREAMED, SmallProvider, some_events
from workbench.errors import InvalidFault, InvalidSetting
from workbench.simulator.forward import pieces_of
from workbench.simulator.proxy import FaultProxy
from workbench.simulator.server import Simulator

RESUME = "/v1/responses/resp_small?stream=true"
WHOLE = b"".join(piece.data for piece in some_events(12))


@pytest.fixture
def provider() -> SmallProvider:
    return SmallProvider()


@pytest.fixture
def upstream(provider: SmallProvider) -> Iterator[Simulator]:
    with Simulator(application=provider) as running:
        yield running


def through(upstream: Simulator, faults: str, *requests: tuple[str, str]) -> list[Answer]:
    with FaultProxy(upstream.base_url, faults) as proxy:
        return [
            ask(proxy.base_url, method, path, STREAMED if method == "POST" else b"")
            for method, path in requests
        ]


def test_a_stream_passes_as_it_came(upstream: Simulator) -> None:
    [answer] = through(upstream, "", ("POST", "/v1/responses"))
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.body == WHOLE
    assert answer.is_finished


def test_a_request_passes_as_it_came(upstream: Simulator, provider: SmallProvider) -> None:
    path = "/v1/responses/resp_small?include[]=a&include[]=b%20c&empty="
    with FaultProxy(upstream.base_url) as proxy:
        headers = {"Authorization": "Bearer sk-1", "X-Mine": "y"}
        answer = ask(proxy.base_url, "GET", path, headers=headers)
    assert orjson.loads(answer.body)["id"] == "resp_small"
    [request] = provider.handled
    assert request.target == path
    assert request.headers["authorization"] == "Bearer sk-1"
    assert request.headers["x-mine"] == "y"


def test_faults_count_the_streams_of_a_response_across_create_and_resume(
    upstream: Simulator,
) -> None:
    first, second, third = through(
        upstream,
        "cut@event:3#2;500@poll",
        ("POST", "/v1/responses"),
        ("GET", RESUME),
        ("GET", RESUME),
    )
    assert [len(answer.chunks) for answer in (first, second, third)] == [12, 3, 12]


def test_a_refused_create_never_reaches_the_provider(
    upstream: Simulator, provider: SmallProvider
) -> None:
    answers = through(upstream, "429", *[("POST", "/v1/responses")] * 2)
    assert [answer.status for answer in answers] == [429, 200]
    assert len(provider.handled) == 1


def test_a_moved_cursor_is_sent_on(upstream: Simulator, provider: SmallProvider) -> None:
    [answer] = through(upstream, "repeat(2)", ("GET", f"{RESUME}&starting_after=6"))
    assert len(answer.chunks) == 7
    assert provider.handled[0].query["starting_after"] == "4"


def test_a_provider_that_breaks_off_is_seen_to_break_off(provider: SmallProvider) -> None:
    with Simulator(application=provider, faults="cut@frame:4") as upstream:
        [answer] = through(upstream, "", ("POST", "/v1/responses"))
    assert len(answer.chunks) == 3
    assert (answer.end, answer.is_finished) == ("fin", False)


def test_a_provider_that_is_not_there_is_a_502() -> None:
    with FaultProxy("http://127.0.0.1:9/v1") as proxy:
        answer = ask(proxy.base_url, "GET", "/v1/models")
    assert answer.status == 502
    assert b"could not reach http://127.0.0.1:9" in answer.body


def test_an_sdk_works_through_it() -> None:
    with (
        Simulator(speed=50) as upstream,
        FaultProxy(upstream.base_url, "reset@event:20;503@resume") as proxy,
        OpenAI(base_url=proxy.base_url, api_key="any", max_retries=1) as client,
    ):
        stream = client.responses.create(
            model="sim:short", input="Hello", background=True, stream=True
        )
        created = next(stream)
        assert created.type == "response.created"
        seen = [created, *(next(stream) for _ in range(19))]
        with pytest.raises(APIConnectionError):
            next(stream)
        id_ = created.response.id
        seen += client.responses.retrieve(id_, stream=True, starting_after=19)
        assert [event.sequence_number for event in seen] == list(range(len(seen)))
        assert seen[-1].type == "response.completed"


@pytest.mark.parametrize("fault", ["error", "failed@event:3", "race"])
def test_what_only_a_provider_does_is_refused(fault: str) -> None:
    with pytest.raises(InvalidFault, match="is for a simulator"):
        FaultProxy("http://127.0.0.1:9/v1", fault)
    with FaultProxy("http://127.0.0.1:9/v1") as proxy:
        body = orjson.dumps({"fault": fault.partition("@")[0], "response_id": "resp_1"})
        answer = httpx.post(proxy.base_url.replace("/v1", "/__sim/break"), content=body)
    assert answer.status_code == 400


def test_a_base_url_must_be_one() -> None:
    with pytest.raises(InvalidSetting, match="begins with http"):
        FaultProxy("api.example.com/v1")


async def _cut(data: bytes, size: int) -> list[bytes]:
    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(data), size):
            yield data[at : at + size]

    return [piece.data async for piece in pieces_of(chunks())]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 10_000])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_pieces_do_not_depend_on_where_the_stream_is_cut(size: int, line_end: bytes) -> None:
    data = WHOLE.replace(b"\n", line_end) + b"event: half"
    pieces = asyncio.run(_cut(data, size))
    assert b"".join(pieces) == data
    assert len(pieces) == 13
