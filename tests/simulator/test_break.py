"""Breaking what is being sent right now, as a button does."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest

from tests.support.raw_http import (
    Answer,
    ask,
    connect,
    frames,
    read_answer,
    receive_until,
    request_bytes,
)
from tests.support.small_provider import STREAMED, SmallProvider, some_events
from tests.support.waiting import wait_until
from workbench.errors import InvalidFault
from workbench.simulator.server import Simulator

RESUME = "/v1/responses/resp_small?stream=true"
POLL = "/v1/responses/resp_small"


@contextmanager
def streaming() -> Iterator[tuple[Simulator, socket.socket, SmallProvider]]:
    """A stream whose second event is a minute away."""
    provider = SmallProvider(some_events(3), gap_s=60)
    with Simulator(application=provider) as simulator, connect(simulator.base_url) as sock:
        sock.sendall(request_bytes("POST", "/v1/responses", STREAMED))
        receive_until(sock, b"\n\n\r\n")
        yield simulator, sock, provider


def press(simulator: Simulator, fault: str, response_id: str | None = None) -> Answer:
    body = {"fault": fault} | ({"response_id": response_id} if response_id else {})
    return ask(simulator.base_url, "POST", "/__sim/break", orjson.dumps(body))


@pytest.mark.parametrize(
    ("fault", "sent", "end"),
    [
        ("cut", b"", "fin"),
        ("reset", b"", "rst"),
        ("end", b"0\r\n\r\n", "fin"),
        ("truncate", b"400\r\n", "fin"),
    ],
)
def test_what_breaks_a_connection_breaks_it_in_a_silence(fault: str, sent: bytes, end: str) -> None:
    with streaming() as (simulator, sock, provider):
        answer = press(simulator, fault)
        assert orjson.loads(answer.body)["connections"] == 1
        rest = read_answer(sock, within_s=5)
        assert (rest.raw, rest.end) == (sent, end)
        wait_until(lambda: bool(provider.endings), "the application is told")
    assert provider.endings[0][1].faults == (fault,)


def test_a_stall_silences_the_stream_and_ends_when_it_is_over() -> None:
    provider = SmallProvider(some_events(40), gap_s=0.02)
    with Simulator(application=provider) as simulator, connect(simulator.base_url) as sock:
        sock.sendall(request_bytes("POST", "/v1/responses", STREAMED))
        before = receive_until(sock, b"output_text.delta")
        press(simulator, "stall 500ms")
        during = read_answer(sock, within_s=0.3).raw
        after = receive_until(sock, b"\r\n0\r\n\r\n")
    assert len(during) < len(after)
    assert len(frames(Answer(before + during + after, "open").body)) == 40


@pytest.mark.parametrize("fault", ["ping", "comments(3)", "retry 200"])
def test_an_insert_appears_at_once(fault: str) -> None:
    with streaming() as (simulator, sock, _):
        press(simulator, fault)
        assert receive_until(sock, b"\n\n")


def test_expire_cuts_now_and_refuses_every_later_stream() -> None:
    with streaming() as (simulator, sock, _):
        press(simulator, "expire", "resp_small")
        assert read_answer(sock, within_s=5).end == "fin"
        for _ in range(2):
            assert ask(simulator.base_url, "GET", RESUME).status == 400
        assert ask(simulator.base_url, "GET", POLL).status == 200


def test_a_status_cuts_now_and_answers_the_next_resume() -> None:
    with streaming() as (simulator, _, _):
        press(simulator, "503", "resp_small")
        assert ask(simulator.base_url, "GET", RESUME).status == 503
        assert ask(simulator.base_url, "GET", f"{RESUME}&starting_after=2").status == 200


def test_forget_leaves_nothing_to_ask_for() -> None:
    with streaming() as (simulator, sock, _):
        press(simulator, "forget")
        assert read_answer(sock, within_s=5).end == "rst"
        assert ask(simulator.base_url, "GET", POLL).status == 404


def test_offline_without_a_response_refuses_every_connection_for_a_while() -> None:
    with streaming() as (simulator, sock, _):
        press(simulator, "offline 500ms")
        assert read_answer(sock, within_s=5).end == "rst"
        for _ in range(3):
            with pytest.raises(ConnectionError):
                ask_or_fail(simulator)
        wait_until(lambda: is_back(simulator), "the simulator is back")


def ask_or_fail(simulator: Simulator) -> None:
    answer = ask(simulator.base_url, "GET", "/v1/models")
    if answer.end == "rst":
        raise ConnectionResetError


def is_back(simulator: Simulator) -> bool:
    try:
        return ask(simulator.base_url, "GET", "/v1/models").status == 200
    except (ConnectionError, IndexError):
        return False


def test_only_the_named_response_is_struck() -> None:
    with streaming() as (simulator, sock, _):
        assert orjson.loads(press(simulator, "cut", "resp_other").body)["connections"] == 0
        assert read_answer(sock, within_s=0.2).end == "open"


@pytest.mark.parametrize(("fault", "announced"), [("error", True), ("failed", False)])
def test_a_failure_is_the_applications_to_make(fault: str, announced: bool) -> None:
    with streaming() as (simulator, _, provider):
        press(simulator, fault)
        assert provider.failed == [("resp_small", None, announced)]


def test_strike_does_the_same_from_python() -> None:
    with streaming() as (simulator, sock, _):
        assert simulator.strike("reset") == 1
        assert read_answer(sock, within_s=5).end == "rst"
        with pytest.raises(InvalidFault, match="crlf cannot happen on demand"):
            simulator.strike("crlf")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"fault": 3}', b'{"fault": "boom"}'])
def test_a_wrong_request_is_answered_400(body: bytes) -> None:
    with Simulator(application=SmallProvider()) as simulator:
        answer = ask(simulator.base_url, "POST", "/__sim/break", body)
    assert answer.status == 400
    assert orjson.loads(answer.body)["error"]["message"]
