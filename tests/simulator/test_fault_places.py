"""Where a fault strikes, on which connection, in which company, and who is told."""

import re
from pathlib import Path

import orjson
import pytest

from tests.support.fault_bytes import FRAMES, POLL, RESUME, answers, create, ending
from tests.support.raw_http import connect, read_answer, request_bytes
from tests.support.small_provider import STREAMED, SmallProvider
from workbench.simulator.fault_kinds import KINDS, STATUSES
from workbench.simulator.server import Simulator


def test_connections_are_counted_for_each_response() -> None:
    three = answers("cut@event:3#2", ("POST", "/v1/responses"), ("GET", RESUME), ("GET", RESUME))
    assert [len(answer.chunks) for answer in three] == [12, 3, 12]


def test_a_fault_may_strike_every_connection() -> None:
    three = answers("cut@event:3#every", *[("GET", RESUME)] * 3)
    assert [len(answer.chunks) for answer in three] == [3, 3, 3]


def test_requests_of_one_kind_are_counted_by_themselves() -> None:
    got = answers("500@poll#2", ("POST", "/v1/responses"), *[("GET", POLL)] * 3)
    assert [answer.status for answer in got] == [200, 200, 500, 200]


def test_an_accepted_create_begins_the_count_again() -> None:
    got = answers("429", *[("POST", "/v1/responses")] * 4)
    assert [answer.status for answer in got] == [429, 200, 429, 200]


def test_a_refused_resume_is_no_stream() -> None:
    got = answers("429@resume;cut@event:3#2", ("POST", "/v1/responses"), *[("GET", RESUME)] * 3)
    assert [answer.status for answer in got] == [200, 429, 200, 200]
    assert [len(answer.chunks) for answer in got[2:]] == [3, 12]


def test_a_body_that_is_no_stream_is_cut_in_its_middle() -> None:
    [answer] = answers("cut@poll", ("GET", POLL))
    length = int(answer.headers["content-length"])
    assert len(answer.after_head) == length // 2
    assert answer.end == "fin"


def test_faults_compose() -> None:
    answer = create("crlf;duplicate@event:2;comments(1)@event:3;cut@event:4")
    expected = [FRAMES[0], FRAMES[1], FRAMES[1], FRAMES[2], b": still here\n\n", FRAMES[3]]
    assert answer.chunks == [frame.replace(b"\n", b"\r\n") for frame in expected]
    assert answer.end == "fin"


def test_a_silence_may_end_in_a_cut() -> None:
    answer = create("stall@event:3;cut@300ms", within_s=5)
    assert answer.chunks == FRAMES[:3]
    assert answer.end == "fin"


@pytest.mark.parametrize(
    ("faults", "how", "events", "applied"),
    [
        ("cut@event:5", "broken", 5, ("cut@event:5",)),
        ("cut@frame:5", "broken", 4, ("cut@frame:5",)),
        ("end@event:5", "complete", 5, ("end@event:5",)),
        ("cut@event:50", "complete", 12, ()),
        ("stall@event:5", "left", 5, ("stall@event:5",)),
        ("expire", "refused", 0, ("expire",)),
        ("reset@headers", "broken", 0, ("reset@headers",)),
        ("stall@request", "refused", 0, ("stall@request",)),
        ("duplicate@event:2;ping@event:9", "complete", 12, ("duplicate@event:2", "ping@event:9")),
    ],
)
def test_the_application_is_told_how_it_went(
    faults: str, how: str, events: int, applied: tuple[str, ...]
) -> None:
    told = ending(faults)
    assert (told.how, told.events, told.faults) == (how, events, applied)


def test_faults_asked_for_by_the_request_strike_too() -> None:
    provider = SmallProvider(faults="cut@event:4")
    [answer] = answers("", ("POST", "/v1/responses"), provider=provider)
    assert answer.chunks == FRAMES[:4]


def test_faults_that_do_not_exist_are_refused_with_the_place() -> None:
    provider = SmallProvider(faults="cut@nowhere")
    [answer] = answers("", ("POST", "/v1/responses"), provider=provider)
    assert answer.status == 400
    error = orjson.loads(answer.body)["error"]
    assert error["param"] == "metadata.faults"
    assert "^" in error["message"]
    assert provider.handled == []


def test_a_connection_that_served_a_fault_answer_serves_on() -> None:
    with (
        Simulator(application=SmallProvider(), faults="429") as simulator,
        connect(simulator.base_url) as sock,
    ):
        for status in (429, 200):
            sock.sendall(request_bytes("POST", "/v1/responses", STREAMED))
            assert read_answer(sock).status == status


def test_every_kind_of_fault_has_a_test_of_its_bytes() -> None:
    files = Path(__file__).parent.glob("test_fault_*.py")
    tested = " ".join(
        re.findall(r"^def (test_\w+)", "\n".join(map(Path.read_text, files)), re.MULTILINE)
    )
    words = {kind: kind.replace("-", "_") for kind in KINDS if kind not in STATUSES}
    assert [kind for kind, word in words.items() if f"_{word}_" not in tested] == []
