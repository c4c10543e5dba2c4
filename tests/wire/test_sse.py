"""What must hold for every byte stream, then the cases that once went wrong elsewhere."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from workbench.errors import FrameTooLarge
from workbench.wire.sse import Frame, FrameDecoder, decoded, encode

SOUP = st.lists(
    st.sampled_from(
        [
            b"data",
            b"event",
            b"id",
            b"retry",
            b":",
            b" ",
            b"\r",
            b"\n",
            b"\r\n",
            b"x",
            "é".encode(),
            b"\xff",
            b"\0",
            b"7",
            b"\xef\xbb\xbf",
        ]
    ),
    max_size=60,
).map(b"".join)
COMMON = st.lists(
    st.sampled_from(
        [
            b"event: a\n",
            b'data: {"b": 1}\n',
            b"data: c\n",
            b": ping\n",
            b"id: 7\n",
            b"\n",
            b"\r\n",
        ]
    ),
    max_size=20,
).map(b"".join)
ONE_LINE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=8
)


def decode(*chunks: bytes) -> list[Frame]:
    decoder = FrameDecoder()
    return [frame for chunk in chunks for frame in decoder.feed(chunk)]


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(c % (len(stream) + 1) for c in cuts), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


@settings(max_examples=500)
@given(stream=SOUP, cuts=st.lists(st.integers(0, 400), max_size=8))
def test_frames_do_not_depend_on_where_the_stream_is_cut(stream: bytes, cuts: list[int]) -> None:
    assert decode(*cut(stream, cuts)) == decode(stream)
    assert decode(*(bytes([b]) for b in stream)) == decode(stream)


@settings(max_examples=500)
@given(stream=SOUP, at=st.integers(0, 400))
def test_truncation_never_invents_a_frame(stream: bytes, at: int) -> None:
    whole, part = decode(stream), decode(stream[:at])
    assert whole[: len(part)] == part


@settings(max_examples=400)
@given(stream=SOUP | COMMON, cuts=st.lists(st.integers(0, 400), max_size=8))
def test_the_fast_way_gives_the_frames_of_the_slow_way(stream: bytes, cuts: list[int]) -> None:
    by_line = [decoded(raw) for raw in FrameDecoder()._by_line(stream)]
    assert decode(stream) == by_line
    assert decode(*cut(stream, cuts)) == by_line


@given(stream=SOUP | COMMON, cuts=st.lists(st.integers(0, 400), max_size=8))
def test_a_small_limit_refuses_the_same_streams_fast_or_slow(
    stream: bytes, cuts: list[int]
) -> None:
    def outcome(feed: Callable[[bytes], object], *chunks: bytes) -> bool:
        try:
            for chunk in chunks:
                feed(chunk)
        except FrameTooLarge:
            return False
        return True

    slow = outcome(FrameDecoder(max_frame_bytes=20)._by_line, stream)
    assert outcome(FrameDecoder(max_frame_bytes=20).feed, stream) == slow
    assert outcome(FrameDecoder(max_frame_bytes=20).feed, *cut(stream, cuts)) == slow


@given(
    st.lists(
        st.builds(
            Frame,
            data=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")),
            event=ONE_LINE.map(lambda s: s or "message"),
            id=ONE_LINE.map(lambda s: s or "1"),
        )
    )
)
def test_what_is_encoded_is_decoded(frames: list[Frame]) -> None:
    assert decode(b"".join(map(encode, frames))) == frames


@given(st.binary(max_size=200))
def test_any_bytes_are_accepted(stream: bytes) -> None:
    decode(stream)


@pytest.mark.parametrize(
    ("stream", "frames"),
    [
        pytest.param(
            b"id: 1\ndata: a\n\n: ping\n\n: ping\n\n",
            [Frame(data="a", id="1")],
            id="heartbeat-after-id-is-not-an-event",
        ),
        pytest.param(
            b'data: a\n\ndata: {"par', [Frame(data="a")], id="cut-mid-line-dispatches-nothing"
        ),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", [Frame(data="a")], id="byte-order-mark"),
        pytest.param(
            b"data: a\r\rdata: b\r\n\r\n",
            [Frame(data="a"), Frame(data="b")],
            id="lone-CR-ends-lines",
        ),
        pytest.param(
            b"data\n\ndata\ndata\n\n", [Frame(data=""), Frame(data="\n")], id="whatwg-example-3"
        ),
        pytest.param(
            "data: a\u2028b\n\n".encode(),
            [Frame(data="a\u2028b")],
            id="unicode-line-separator-is-text",
        ),
        pytest.param(b"id: a\0b\ndata: x\n\n", [Frame(data="x")], id="id-with-NUL-is-ignored"),
        pytest.param(
            b"id: 1\ndata: x\n\nid\ndata: y\n\n",
            [Frame(data="x", id="1"), Frame(data="y")],
            id="bare-id-clears-it",
        ),
    ],
)
def test_vectors(stream: bytes, frames: list[Frame]) -> None:
    assert decode(stream) == frames


@pytest.mark.parametrize(
    ("text", "expected"), [(b"7", 7), (b"-5", None), (b"1_000", None), ("٣".encode(), None)]
)
def test_retry_is_ascii_digits_only(text: bytes, expected: int | None) -> None:
    decoder = FrameDecoder()
    decoder.feed(b"retry: " + text + b"\n")
    assert decoder.retry_ms == expected


def test_a_frame_that_never_ends_is_refused() -> None:
    decoder = FrameDecoder(max_frame_bytes=10)
    decoder.feed(b"data")
    decoder.feed(b": aaaa")
    with pytest.raises(FrameTooLarge, match="exceeds 10 bytes"):
        decoder.feed(b"a")


def test_heartbeats_without_a_blank_line_never_fill_the_frame() -> None:
    decoder = FrameDecoder(max_frame_bytes=10)
    for _ in range(100):
        assert decoder.feed(b": ping\n") == []
    assert decoder.feed(b"data: a\n\n") == [Frame(data="a")]
