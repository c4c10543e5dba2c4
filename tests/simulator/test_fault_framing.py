"""Faults of the framing and of the writing, seen in the bytes on the socket."""

import re

import pytest

from tests.support.fault_bytes import WHOLE, create
from tests.support.small_provider import some_events


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
