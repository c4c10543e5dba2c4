"""Segments give back what was packed, and nothing else."""

import math

import orjson
import pytest
from hypothesis import given, settings, strategies as st

from workbench.errors import MalformedEvent
from workbench.events import Arrival, Entry
from workbench.log.records import (
    FULL,
    FULL_BYTES,
    Block,
    block_of,
    entries,
    joined,
    pack,
    parts,
    raw_entries,
    unpack,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
events = st.dictionaries(st.text(max_size=10), json_values, max_size=5)
arrivals = st.lists(
    st.builds(
        Arrival,
        st.floats(0, 4e9, allow_nan=False),
        events.map(orjson.dumps),
    ),
    min_size=1,
    max_size=150,
)


@settings(max_examples=150, deadline=None)
@given(arrivals, st.integers(0, 10**9))
def test_what_is_packed_is_unpacked(sent: list[Arrival], after: int) -> None:
    block = block_of(sent)
    last = after + len(sent)
    assert unpack(pack(block)) == block
    assert entries(last, pack(block)) == [
        Entry(cursor, at, orjson.loads(json)) for cursor, (at, json) in enumerate(sent, after + 1)
    ]
    assert [Entry(**orjson.loads(raw)) for raw in raw_entries(last, pack(block))] == entries(
        last, pack(block)
    )


@settings(max_examples=100, deadline=None)
@given(arrivals)
def test_parts_join_to_the_whole_and_only_the_last_is_small(sent: list[Arrival]) -> None:
    whole = block_of(sent)
    cut = list(parts(whole))
    assert joined(cut) == whole
    assert all(part.is_full for part in cut[:-1])
    assert all(len(part.times) <= FULL for part in cut)


def test_large_events_make_smaller_segments() -> None:
    text = orjson.dumps("x" * (FULL_BYTES // 2))
    sizes = [len(part.times) for part in parts(block_of([Arrival(1.0, text)] * 7))]
    assert sizes == [2, 2, 2, 1]


@settings(max_examples=150, deadline=None)
@given(arrivals, st.data())
def test_any_change_of_the_bytes_is_noticed(sent: list[Arrival], data: st.DataObject) -> None:
    segment = bytearray(pack(block_of(sent)))
    place = data.draw(st.integers(0, len(segment) - 1))
    segment[place] ^= data.draw(st.integers(1, 255))
    changed = bytes(segment)
    for read in (lambda: unpack(changed), lambda: entries(len(sent), changed)):
        with pytest.raises(ValueError, match="checksum"):
            read()


@pytest.mark.parametrize("stranger", [b"", b"x", b"\x80\x04K\x01.", b"00000000", b"[]"])
def test_bytes_of_somebody_else_are_no_segment(stranger: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any sentence will do
        unpack(stranger)


def test_a_cut_of_a_block_is_what_a_slice_would_be() -> None:
    sent = [Arrival(float(n), b"%d" % n) for n in range(10)]
    assert block_of(sent).cut(3, 7) == block_of(sent[3:7])


def test_text_that_cannot_be_json_is_refused() -> None:
    for text in (b"", b"\x1e", b'{"a":"\x1e"}'):
        with pytest.raises(MalformedEvent):
            block_of([Arrival(1.0, b"{}"), Arrival(1.0, text)])
    assert block_of([]) == Block([], b"")


def test_times_keep_every_digit() -> None:
    time = math.nextafter(1.7e9, 2e9)
    assert entries(1, pack(block_of([Arrival(time, b"{}")])))[0].at == time
