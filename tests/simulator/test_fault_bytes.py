"""Every kind of fault, seen in the bytes on the socket: exactly that fault and nothing else."""

import json
import re
import time
from collections.abc import Sequence
from itertools import pairwise

import orjson
import pytest

from tests.support.raw_http import Answer, ask, connect, frames, read_answer, request_bytes
from tests.support.small_provider import STREAMED, SmallProvider, some_events
from tests.support.waiting import wait_until
from workbench.simulator.exchange import Ending, Piece
from workbench.simulator.fault_kinds import KINDS, STATUSES
from workbench.simulator.server import Simulator

EVENTS = some_events(12)
FRAMES = [piece.data for piece in EVENTS]
WHOLE = b"".join(FRAMES)
RESUME = "/v1/responses/resp_small?stream=true"
POLL = "/v1/responses/resp_small"
CANCEL = "/v1/responses/resp_small/cancel"


def create(
    faults: str, *, events: Sequence[Piece] = EVENTS, gap_s: float = 0.0, within_s: float = 30.0
) -> Answer:
    """The first stream of a simulator with these faults."""
    with Simulator(application=SmallProvider(events, gap_s=gap_s), faults=faults) as simulator:
        return ask(simulator.base_url, "POST", body=STREAMED, within_s=within_s)


def answers(faults: str, *requests: tuple[str, str], provider: SmallProvider | None = None
) -> list[Answer]:  # fmt: skip
    """The answers to several requests, each on a connection of its own."""
    with Simulator(application=provider or SmallProvider(), faults=faults) as simulator:
        return [
            ask(simulator.base_url, method, path, STREAMED if method == "POST" else b"")
            for method, path in requests
        ]


def ending(faults: str, *, path: str = RESUME, method: str = "GET") -> Ending:
    """What the application is told of a connection with these faults."""
    provider = SmallProvider()
    with Simulator(application=provider, faults=faults) as simulator:
        ask(simulator.base_url, method, path, within_s=0.3)
    wait_until(lambda: bool(provider.endings), "the application is told")
    [(_, told)] = provider.endings
    return told


def data_of(frame: bytes) -> dict[str, object]:
    found = re.search(rb"^data: (.*)$", frame, re.MULTILINE)
    assert found
    data = json.loads(found[1])
    assert isinstance(data, dict)
    return data


def numbers(answer: Answer) -> list[object]:
    return [data_of(frame).get("sequence_number") for frame in frames(answer.body)]


def test_every_kind_of_fault_has_a_test_here() -> None:
    tested = " ".join(name for name in globals() if name.startswith("test_"))
    words = {kind: kind.replace("-", "_") for kind in KINDS if kind not in STATUSES}
    assert [kind for kind, word in words.items() if f"_{word}_" not in tested] == []


# What breaks the connection.


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


# What is put between events.


@pytest.mark.parametrize(("place", "at"), [("event:5", 5), ("created", 0), ("last", 11)])
def test_ping_is_an_event_without_data(place: str, at: int) -> None:
    expected = [*FRAMES[:at], b"event: ping\n\n", *FRAMES[at:]]
    assert create(f"ping@{place}").chunks == expected


def test_retry_is_a_bare_field() -> None:
    assert create("retry(1500)@event:5").chunks[5] == b"retry: 1500\n\n"


def test_comments_come_as_a_storm() -> None:
    answer = create("comments(50)@event:5")
    assert answer.chunks == [*FRAMES[:5], b": still here\n\n" * 50, *FRAMES[5:]]


def test_comments_at_a_time_come_in_the_middle_of_a_silence() -> None:
    answer = create("comments(2)@100ms", events=some_events(3), gap_s=0.3)
    assert [b": still" in chunk for chunk in answer.chunks] == [False, True, False, False]


def test_keepalive_uses_up_a_sequence_number() -> None:
    answer = create("keepalive@event:5")
    assert answer.chunks[5] == (
        b'event: keepalive\ndata: {"type":"keepalive","sequence_number":5}\n\n'
    )
    assert numbers(answer) == list(range(13))
    assert answer.chunks[:5] == FRAMES[:5]
    assert data_of(answer.chunks[6]) == {**data_of(FRAMES[5]), "sequence_number": 6}


def test_keepalive_shifts_the_numbers_and_cursors_of_later_connections() -> None:
    _, resumed = answers(
        "keepalive@event:5", ("POST", "/v1/responses"), ("GET", f"{RESUME}&starting_after=8")
    )
    assert numbers(resumed) == [9, 10, 11, 12]
    assert data_of(frames(resumed.body)[-1])["type"] == "response.completed"


def test_keepalive_before_the_first_event_takes_number_zero() -> None:
    assert numbers(create("keepalive@created")) == list(range(13))


def test_unknown_is_an_event_of_a_type_that_nobody_knows() -> None:
    answer = create("unknown@event:5")
    assert data_of(answer.chunks[5])["type"] == "response.novelty.delta"
    assert numbers(answer) == list(range(13))


# What is done to events.


def test_duplicate_sends_the_event_again() -> None:
    answer = create("duplicate(2)@event:5")
    assert answer.chunks == [*FRAMES[:5], FRAMES[4], FRAMES[4], *FRAMES[5:]]


def test_reorder_swaps_the_event_with_the_next() -> None:
    answer = create("reorder@event:5")
    assert answer.chunks == [*FRAMES[:4], FRAMES[5], FRAMES[4], *FRAMES[6:]]


def test_reorder_of_the_last_but_one_keeps_the_terminal_event_last() -> None:
    assert create("reorder@event:11").chunks == FRAMES


def test_gap_withholds_events() -> None:
    assert create("gap(3)@event:5").chunks == [*FRAMES[:4], *FRAMES[7:]]


def test_gap_at_the_last_event_ends_the_body_without_it() -> None:
    answer = create("gap@last")
    assert answer.chunks == FRAMES[:-1]
    assert answer.is_finished


def test_garble_leaves_no_json_and_the_framing_whole() -> None:
    answer = create("garble@event:5")
    assert [n for n, chunk in enumerate(answer.chunks) if chunk != FRAMES[n]] == [4]
    assert len(answer.chunks[4]) == len(FRAMES[4])
    assert answer.chunks[4].endswith(b"\n\n")
    with pytest.raises(json.JSONDecodeError):
        data_of(answer.chunks[4])


def test_invalid_utf8_is_invalid_in_one_event_only() -> None:
    answer = create("invalid-utf8@event:5")
    assert [n for n, chunk in enumerate(answer.chunks) if chunk != FRAMES[n]] == [4]
    with pytest.raises(UnicodeDecodeError):
        answer.chunks[4].decode()


def test_fields_adds_unknown_fields_to_every_event() -> None:
    for chunk, frame in zip(create("fields").chunks, FRAMES, strict=True):
        data = data_of(chunk)
        assert data.pop("novelty")
        assert data == data_of(frame)


def test_unnumbered_leaves_the_sequence_numbers_out() -> None:
    for chunk, frame in zip(create("unnumbered").chunks, FRAMES, strict=True):
        assert {**data_of(chunk), "sequence_number": data_of(frame)["sequence_number"]} == data_of(
            frame
        )
        assert b"sequence_number" not in chunk


def test_rotate_gives_every_event_another_item_id() -> None:
    ids = [data_of(chunk).get("item_id") for chunk in create("rotate").chunks[1:-1]]
    assert ids == [f"msg_1_{n}" for n in range(2, 12)]


def test_rotate_can_change_the_id_of_the_response() -> None:
    chunks = create("rotate(response)").chunks
    assert b'"id":"resp_small_1"' in chunks[0]
    assert b'"id":"resp_small_12"' in chunks[-1]
    assert chunks[1:-1] == FRAMES[1:-1]


@pytest.mark.parametrize(
    ("fault", "expected"), [("repeat", 0), ("repeat(1)", 6), ("repeat(3)", 4), ("repeat(50)", 0)]
)
def test_repeat_sends_a_prefix_again(fault: str, expected: int) -> None:
    [answer] = answers(fault, ("GET", f"{RESUME}&starting_after=6"))
    assert answer.chunks == FRAMES[expected:]


# What is done to the framing and the writing.


def test_ids_gives_every_event_an_id_and_a_comment_after_it() -> None:
    answer = create("ids")
    assert answer.chunks[0].startswith(b"id: 1\nevent: response.created\n")
    assert all(re.search(rb"\n\n: [^\n]*\n\n$", chunk) for chunk in answer.chunks)


@pytest.mark.parametrize(("kind", "line_end"), [("crlf", b"\r\n"), ("cr", b"\r")])
def test_crlf_and_cr_are_the_only_line_ends(kind: str, line_end: bytes) -> None:
    assert create(kind).body == WHOLE.replace(b"\n", line_end)


def test_cr_composes_with_a_byte_order_mark() -> None:
    assert create("cr;bom").body == b"\xef\xbb\xbf" + WHOLE.replace(b"\n", b"\r")


def test_bom_comes_once_at_the_start() -> None:
    assert create("bom").body == b"\xef\xbb\xbf" + WHOLE


def test_unframed_ends_the_body_with_the_connection() -> None:
    answer = create("unframed")
    assert "transfer-encoding" not in answer.headers
    assert answer.headers["connection"] == "close"
    assert (answer.after_head, answer.end) == (WHOLE, "fin")


def test_unframed_makes_a_cut_invisible() -> None:
    answer = create("unframed;cut@frame:3")
    assert (answer.after_head, answer.end) == (WHOLE[: len(answer.after_head)], "fin")


def test_split_writes_so_many_bytes_at_a_time() -> None:
    answer = create("split(1)")
    assert {len(chunk) for chunk in answer.chunks} == {1}
    assert answer.body == WHOLE


def test_buffer_lets_bytes_go_in_blocks() -> None:
    answer = create("buffer(400ms)", gap_s=0.1)
    assert answer.body == WHOLE
    assert 2 <= len(answer.chunks) <= 4


def test_buffer_lets_go_in_a_silence_too() -> None:
    answer = create("buffer(200ms)", events=some_events(3), gap_s=30, within_s=2)
    assert len(answer.chunks) == 1


def test_trickle_sends_a_few_bytes_at_a_time_for_a_while() -> None:
    answer = create("trickle(2,every=1ms,length=100)@event:1")
    slow = answer.chunks[1:51]
    assert {len(chunk) for chunk in slow} == {2}
    assert answer.body == WHOLE
    assert answer.arrivals[-1][0] - answer.arrivals[0][0] >= 0.045


# What answers in the provider's place.


def test_html_comes_with_status_200() -> None:
    answer = create("html")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_json_comes_where_a_stream_was_asked_for() -> None:
    answer = create("json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert orjson.loads(answer.body)


@pytest.mark.parametrize("status", STATUSES)
def test_status_is_answered_once_and_nothing_is_done(status: str) -> None:
    provider = SmallProvider()
    first, second = answers(
        f"{status}@create", ("POST", "/v1/responses"), ("POST", "/v1/responses"), provider=provider
    )
    assert first.status == int(status)
    if status in {"502", "504"}:
        assert first.body.startswith(b"<!DOCTYPE html>")
    else:
        assert set(orjson.loads(first.body)["error"]) == {"message", "type", "param", "code"}
    assert second.chunks == FRAMES
    assert len(provider.handled) == 1
    told = provider.endings[0][1]
    assert (told.how, told.faults) == ("refused", (f"{status}@create",))


@pytest.mark.parametrize(
    ("fault", "headers"),
    [
        ("429", {"retry-after": "1"}),
        ("429(retry-after=2)", {"retry-after": "2"}),
        ("429(retry-after=0)", {"retry-after": "0"}),
        ("429(retry-after=86400)", {"retry-after": "86400"}),
        ("429(retry-after-ms=1500)", {"retry-after-ms": "1500"}),
        ("429(retry-after=absent)", {}),
        ("503", {}),
        ("503(5)", {"retry-after": "5"}),
        ("502(retry-after=7)", {"retry-after": "7"}),
    ],
)
def test_status_says_when_to_come_back(fault: str, headers: dict[str, str]) -> None:
    answer = create(fault)
    found = {name: value for name, value in answer.headers.items() if "retry" in name}
    assert found == headers


def test_expire_refuses_to_stream_and_still_answers_polls() -> None:
    resumed, polled, again = answers("expire", ("GET", RESUME), ("GET", POLL), ("GET", RESUME))
    assert (resumed.status, again.status, polled.status) == (400, 400, 200)
    assert b"This response can no longer be streamed" in resumed.body


def test_gone_answers_404_to_all_that_asks_for_the_response() -> None:
    for answer in answers("gone", ("GET", RESUME), ("GET", POLL), ("POST", CANCEL)):
        assert answer.status == 404
        assert b"Response with id 'resp_small' not found." in answer.body


# What the provider itself does.


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("error@event:5", ("resp_small", 5, True)),
        ("error@created", ("resp_small", 0, True)),
        ("failed@event:7", ("resp_small", 7, False)),
        ("error@50ms", ("resp_small", None, True)),
    ],
)
def test_error_and_failed_have_the_application_fail_the_response(
    fault: str, told: tuple[str, int | None, bool]
) -> None:
    provider = SmallProvider(gap_s=0.01)
    answers(fault, ("POST", "/v1/responses"), provider=provider)
    assert provider.failed == [told]


def test_race_completes_the_response_before_the_cancel() -> None:
    provider = SmallProvider()
    answers("race", ("POST", CANCEL), provider=provider)
    assert provider.completed == ["resp_small"]
    assert provider.handled[0].path == CANCEL


# Where, on which connection, in which company.


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
