"""Faults that break the connection, seen in the bytes on the socket."""

import time
from itertools import pairwise

import pytest

from tests.support.fault_bytes import FRAMES, POLL, RESUME, WHOLE, answers, create
from tests.support.raw_http import ask
from tests.support.small_provider import STREAMED, SmallProvider, some_events
from tests.support.waiting import wait_until
from workbench.simulator.server import Simulator


def test_cut_closes_after_the_event_without_ending_the_body() -> None:
    answer = create("cut@event:5")
    assert answer.end == "fin"
    assert answer.chunks == FRAMES[:5]
    assert not answer.is_finished


def test_cut_without_a_place_comes_after_ten_events() -> None:
    assert create("cut").chunks == FRAMES[:10]


@pytest.mark.parametrize("place", ["created", "event:0", "byte:0"])
def test_cut_before_the_first_event_leaves_only_the_headers(place: str) -> None:
    answer = create(f"cut@{place}")
    assert (answer.status, answer.after_head, answer.end) == (200, b"", "fin")


@pytest.mark.parametrize("place", ["headers", "request"])
def test_cut_before_the_headers_leaves_nothing(place: str) -> None:
    provider = SmallProvider()
    [answer] = answers(f"cut@{place}", ("POST", "/v1/responses"), provider=provider)
    assert (answer.raw, answer.end) == (b"", "fin")
    accepted = place == "headers"
    assert bool(provider.handled) is accepted
    assert provider.endings[0][1].how == ("broken" if accepted else "refused")


def test_cut_inside_a_frame_leaves_half_of_it() -> None:
    answer = create("cut@frame:3")
    assert answer.body == b"".join(FRAMES[:2]) + FRAMES[2][: len(FRAMES[2]) // 2]
    assert answer.end == "fin"


@pytest.mark.parametrize("at", [1, 100, 500, len(FRAMES[0]), len(WHOLE)])
def test_cut_at_a_byte_leaves_just_so_many_bytes(at: int) -> None:
    answer = create(f"cut@byte:{at}")
    assert answer.body == WHOLE[:at]
    assert not answer.is_finished


@pytest.mark.parametrize(("nth", "text"), [(1, "aä漢🙂"), (3, "aä漢🙂"), (8, "é🙂")])
def test_cut_inside_a_character_leaves_its_first_byte(nth: int, text: str) -> None:
    events = some_events(8, text)
    answer = create(f"cut@character:{nth}", events=events)
    with pytest.raises(UnicodeDecodeError, match="unexpected end of data"):
        answer.body.decode()
    wide = [c for c in answer.body.decode("utf-8", "ignore") if ord(c) > 127]
    assert len(wide) == nth - 1
    assert answer.body == b"".join(piece.data for piece in events)[: len(answer.body)]


def test_cut_inside_a_character_means_no_byte_order_mark() -> None:
    answer = create("bom;cut@character:1", events=some_events(8, "é"))
    assert answer.body.startswith(b"\xef\xbb\xbf" + FRAMES[0])
    assert answer.body.endswith(b"\xc3")


def test_cut_at_a_time_comes_in_the_middle_of_a_silence() -> None:
    answer = create("cut@300ms", events=some_events(3), gap_s=20)
    assert len(answer.chunks) == 1
    assert answer.end == "fin"


def test_cut_at_the_last_event_withholds_only_that() -> None:
    assert create("cut@last").chunks == FRAMES[:-1]


def test_cut_at_the_end_withholds_only_the_end_of_the_body() -> None:
    answer = create("cut@end")
    assert answer.chunks == FRAMES
    assert (answer.end, answer.is_finished) == ("fin", False)


def test_reset_is_seen_as_a_reset() -> None:
    answer = create("reset@event:5", gap_s=0.01)
    assert answer.end == "rst"
    assert answer.chunks == FRAMES[:5]


def test_truncate_announces_more_than_it_brings() -> None:
    answer = create("truncate@event:4")
    half = len(FRAMES[3]) // 2
    assert answer.after_head.endswith(b"%x\r\n%b" % (len(FRAMES[3]), FRAMES[3][:half]))
    assert answer.chunks == FRAMES[:3]
    assert answer.end == "fin"


def test_truncate_where_no_bytes_are_brings_none() -> None:
    assert create("truncate@end").after_head.endswith(FRAMES[-1] + b"\r\n400\r\n")


def test_end_finishes_the_body_in_order_without_a_terminal_event() -> None:
    answer = create("end@event:5")
    assert answer.chunks == FRAMES[:5]
    assert (answer.is_finished, answer.end) == (True, "open")


def test_end_at_a_time_comes_in_the_middle_of_a_silence() -> None:
    answer = create("end@200ms", events=some_events(3), gap_s=20)
    assert answer.is_finished
    assert len(answer.chunks) == 1


def test_stall_keeps_the_socket_open_and_silent() -> None:
    answer = create("stall@event:5", within_s=0.5)
    assert answer.chunks == FRAMES[:5]
    assert answer.end == "open"


def test_stall_for_a_while_goes_on_afterwards() -> None:
    answer = create("stall(300ms)@event:5")
    assert answer.chunks == FRAMES
    moments = [at for at, _ in answer.arrivals]
    assert max(b - a for a, b in pairwise(moments)) >= 0.28


def test_stall_before_the_headers_is_headers_that_never_arrive() -> None:
    answer = create("stall@headers", within_s=0.4)
    assert (answer.raw, answer.end) == (b"", "open")


def test_offline_resets_and_refuses_the_response_for_a_while() -> None:
    with Simulator(application=SmallProvider(), faults="offline(400ms)@event:5") as simulator:
        start = time.monotonic()
        assert ask(simulator.base_url, "POST", body=STREAMED).end == "rst"
        assert ask(simulator.base_url, "GET", RESUME).end == "rst"
        assert ask(simulator.base_url, "GET", POLL).raw == b""
        assert ask(simulator.base_url, "GET", "/v1/models").status == 200
        back = wait_until(lambda: ask(simulator.base_url, "GET", POLL).raw, "it is back")
        assert time.monotonic() - start >= 0.4
        assert back.startswith(b"HTTP/1.1 200")


def test_forget_resets_and_then_knows_nothing_of_the_response() -> None:
    first, resumed, polled = answers(
        "forget@event:5", ("POST", "/v1/responses"), ("GET", RESUME), ("GET", POLL)
    )
    assert first.end == "rst"
    assert (resumed.status, polled.status) == (404, 404)
    assert b"Response with id 'resp_small' not found." in polled.body
