import pytest
from hypothesis import given, strategies as st

from tests.metrics.handmade import HandMade, plain
from workbench.metrics import measure
from workbench.metrics.reader import reader_clock, words_in

ONE_WORD_A_SECOND = 60.0


def test_a_reader_of_a_finished_text_needs_its_reading_time() -> None:
    clock = reader_clock([(10.0, "one two three")], words_per_minute=ONE_WORD_A_SECOND)
    assert clock is not None
    assert (clock.starts_s, clock.complete_s, clock.ends_s) == (10.0, 10.0, 13.0)
    assert (clock.waits_s, clock.saved_s) == (0.0, 0.0)


def test_a_reader_faster_than_the_stream_waits_for_words() -> None:
    pieces = [(0.0, "one"), (5.0, " two"), (10.0, " three")]
    clock = reader_clock(pieces, words_per_minute=ONE_WORD_A_SECOND)
    assert clock is not None
    assert clock.ends_s == 11.0
    assert clock.waits_s == 8.0
    assert clock.saved_s == 2.0


def test_a_reader_slower_than_the_stream_saves_almost_the_whole_generation() -> None:
    pieces = [(1.0 + i * 0.1, " word") for i in range(100)]
    clock = reader_clock(pieces, words_per_minute=ONE_WORD_A_SECOND)
    assert clock is not None
    assert clock.ends_s == pytest.approx(101.0)
    assert clock.saved_s == pytest.approx(9.9)


def test_a_word_is_there_when_its_last_character_is() -> None:
    clock = reader_clock([(1.0, "hel"), (2.0, "lo")], words_per_minute=ONE_WORD_A_SECOND)
    assert clock is not None
    assert clock.starts_s == 2.0


def test_an_ideograph_is_a_word() -> None:
    assert len(words_in("你好 world")) == 3


def test_nothing_to_read_has_no_clock() -> None:
    assert reader_clock([(1.0, "  \n")]) is None
    assert measure(HandMade().start(0.0).entries)["reader_done_s"] is None


def test_a_reading_speed_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        reader_clock([(0.0, "a")], words_per_minute=0)


def test_the_clock_of_a_run_counts_from_its_first_request() -> None:
    clock = measure(plain(pieces=3, every=0.1, first=0.5).entries).reader(words_per_minute=6000)
    assert clock is not None
    assert clock.starts_s == pytest.approx(0.5)
    assert clock.ends_s == pytest.approx(0.71)


@given(
    st.lists(st.tuples(st.floats(0, 10), st.sampled_from([" a", " bc", "d", " "])), min_size=1),
    st.floats(60, 600),
)
def test_streaming_never_makes_a_reader_later(
    steps: list[tuple[float, str]], words_per_minute: float
) -> None:
    at, pieces = 0.0, []
    for step, text in steps:
        at += step
        pieces.append((at, text))
    clock = reader_clock(pieces, words_per_minute=words_per_minute)
    if clock is not None:
        assert clock.saved_s >= -1e-9
        assert clock.waits_s >= -1e-9
        assert clock.ends_s >= clock.complete_s
