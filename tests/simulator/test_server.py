"""The server alone: requests in, pieces out when they are due, and a prompt stop."""

import asyncio
import socket
import time
from pathlib import Path

import orjson
import pytest

from tests.support.raw_http import (
    ask,
    connect,
    frames,
    leave_with_reset,
    read_answer,
    receive_until,
    request_bytes,
)
from tests.support.small_provider import STREAMED, SmallProvider, some_events
from tests.support.waiting import wait_until
from workbench.errors import InvalidSetting
from workbench.simulator.exchange import Reply, Request
from workbench.simulator.server import Simulator


def test_a_stream_is_sent_event_by_event_and_ends_in_order() -> None:
    provider = SmallProvider(some_events(12))
    with Simulator(application=provider) as simulator:
        answer = ask(simulator.base_url, "POST", body=STREAMED)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.is_finished
    assert answer.chunks == [piece.data for piece in provider.events]


def test_a_body_has_its_length_and_the_connection_stays_for_the_next_request() -> None:
    with (
        Simulator(application=SmallProvider()) as simulator,
        connect(simulator.base_url) as sock,
    ):
        for _ in range(3):
            sock.sendall(request_bytes("GET", "/v1/responses/resp_small"))
            answer = read_answer(sock)
            assert answer.is_finished
            assert answer.end == "open"


def test_a_stream_leaves_the_connection_open_for_the_next_request() -> None:
    with (
        Simulator(application=SmallProvider()) as simulator,
        connect(simulator.base_url) as sock,
    ):
        for _ in range(2):
            sock.sendall(request_bytes("POST", "/v1/responses", STREAMED))
            assert len(frames(read_answer(sock).body)) == 12


def test_a_client_that_asks_to_close_is_closed() -> None:
    with Simulator(application=SmallProvider()) as simulator, connect(simulator.base_url) as sock:
        sock.sendall(request_bytes("GET", "/v1/models", headers={"Connection": "close"}))
        assert read_answer(sock).headers["connection"] == "close"
        assert sock.recv(1) == b""


def test_a_chunked_request_is_read_whole() -> None:
    provider = SmallProvider()
    with Simulator(application=provider) as simulator, connect(simulator.base_url) as sock:
        sock.sendall(b"POST /v1/responses HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        sock.sendall(b'5\r\n{"a":\r\n2;x=y\r\n1}\r\n0\r\n\r\n')
        assert read_answer(sock).is_finished
    assert provider.handled[0].body == b'{"a":1}'


def test_a_client_that_waits_for_100_continue_gets_it() -> None:
    with Simulator(application=SmallProvider()) as simulator, connect(simulator.base_url) as sock:
        sock.sendall(request_bytes("POST", "/v1/responses", headers={
            "Content-Length": "2", "Expect": "100-continue"}))  # fmt: skip
        assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"{}")
        assert read_answer(sock).is_finished


@pytest.mark.parametrize("junk", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"])
def test_what_is_not_http_is_refused_and_closed(junk: bytes) -> None:
    with Simulator(application=SmallProvider()) as simulator, connect(simulator.base_url) as sock:
        sock.sendall(junk)
        answer = read_answer(sock)
        assert answer.status == 400
        assert sock.recv(1) == b""


def test_pieces_arrive_when_they_are_due() -> None:
    provider = SmallProvider(some_events(10), gap_s=0.05)
    with Simulator(application=provider) as simulator:
        answer = ask(simulator.base_url, "POST", body=STREAMED)
    taken = answer.arrivals[-1][0] - answer.arrivals[0][0]
    assert 0.44 <= taken < 1.5
    assert len(answer.arrivals) >= 9


def test_stopping_is_prompt_while_a_stream_is_open() -> None:
    provider = SmallProvider(some_events(3), gap_s=60)
    simulator = Simulator(application=provider).start()
    with connect(simulator.base_url) as sock:
        sock.sendall(request_bytes("POST", "/v1/responses", STREAMED))
        receive_until(sock, b"response.created")
        before = time.monotonic()
        simulator.stop()
        assert time.monotonic() - before < 2
    assert [ending.how for _, ending in provider.endings] == ["left"]


@pytest.mark.parametrize("politely", [True, False])
def test_a_client_that_leaves_is_noticed_in_a_silence(politely: bool) -> None:
    provider = SmallProvider(some_events(3), gap_s=60)
    with Simulator(application=provider) as simulator:
        sock = connect(simulator.base_url)
        sock.sendall(request_bytes("POST", "/v1/responses", STREAMED))
        receive_until(sock, b"response.created")
        sock.close() if politely else leave_with_reset(sock)
        wait_until(lambda: bool(provider.endings), "the application hears that the client left")
    _, ending = provider.endings[0]
    assert (ending.how, ending.events) == ("left", 1)


def test_a_finished_exchange_is_told_once() -> None:
    provider = SmallProvider(some_events(12))
    with Simulator(application=provider) as simulator:
        ask(simulator.base_url, "POST", body=STREAMED)
        wait_until(lambda: bool(provider.endings), "the ending is told")
    [(_, ending)] = provider.endings
    assert (ending.how, ending.events) == ("complete", 12)
    assert ending.bytes == sum(len(piece.data) for piece in provider.events)


async def _in_this_loop(provider: SmallProvider) -> bytes:
    async with Simulator(application=provider) as simulator:
        answer = await asyncio.to_thread(ask, simulator.base_url, "POST", "/v1/responses", STREAMED)
        return answer.body


def test_it_runs_inside_a_running_loop_too() -> None:
    assert len(frames(asyncio.run(_in_this_loop(SmallProvider())))) == 12


def test_a_port_in_use_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidSetting, match=f"cannot listen on 127.0.0.1 port {port}"):
            Simulator(port=port, application=SmallProvider()).start()


class Mistaken(SmallProvider):
    async def handle(self, request: Request) -> Reply:
        raise ZeroDivisionError("a mistake")


def test_a_mistake_of_the_application_ends_the_connection_and_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Simulator(application=Mistaken()) as simulator:
        answer = ask(simulator.base_url, "POST", body=STREAMED)
        assert (answer.raw, answer.end) == (b"", "fin")
        wait_until(lambda: "an answer could not be made" in caplog.text, "the mistake is logged")


def test_a_restart_on_the_same_folder_does_not_strike_the_first_stream_again(
    tmp_path: Path,
) -> None:
    body = orjson.dumps(
        {"model": "sim:short", "input": "Hello", "background": True, "stream": True,
         "metadata": {"faults": "cut@event:5"}}
    )  # fmt: skip
    with Simulator(speed=0, folder=tmp_path) as simulator:
        first = ask(simulator.base_url, "POST", body=body)
        assert len(first.chunks) == 5
    id_ = first.body.partition(b'"id":"')[2].partition(b'"')[0].decode()
    with Simulator(speed=0, folder=tmp_path) as simulator:
        path = f"/v1/responses/{id_}?stream=true&starting_after=4"
        assert ask(simulator.base_url, "GET", path).is_finished
