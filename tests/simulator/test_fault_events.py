"""Faults that insert, change or withhold events, seen in the bytes on the socket."""

import json

import pytest

from tests.support.fault_bytes import FRAMES, RESUME, answers, create, data_of, numbers
from tests.support.raw_http import frames
from tests.support.small_provider import some_events


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


def test_a_numbered_insertion_leaves_their_numbers_to_events_that_were_seen() -> None:
    """What is sent again is sent as it was, so the insertion waits for the end of it."""
    _, resumed = answers(
        "repeat(4);keepalive@event:2#2",
        ("POST", "/v1/responses"),
        ("GET", f"{RESUME}&starting_after=8"),
    )
    assert resumed.chunks[:4] == FRAMES[5:9]
    assert data_of(resumed.chunks[4]) == {"type": "keepalive", "sequence_number": 9}
    assert numbers(resumed) == list(range(5, 13))


def test_unknown_is_an_event_of_a_type_that_nobody_knows() -> None:
    answer = create("unknown@event:5")
    assert data_of(answer.chunks[5])["type"] == "response.novelty.delta"
    assert numbers(answer) == list(range(13))


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
