"""The reader's clock: when somebody who reads at a steady speed has read it all.

A reader cannot read what is not there and does not read faster for having waited. With word i
of n on the screen at a_i and s seconds per word, reading ends at max over i of
a_i + (n - i + 1) * s.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate

from workbench.metrics.declare import metric
from workbench.metrics.trace import Trace

__all__ = ["WORDS_PER_MINUTE", "ReaderClock", "reader_clock", "words_in"]

WORDS_PER_MINUTE = 238.0  # adults reading English prose silently, on average

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\s{_IDEOGRAPHS}]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderClock:
    """Seconds since the first request, for one reading speed."""

    words: int
    words_per_minute: float
    starts_s: float  # the first word is there
    complete_s: float  # the last word is there
    ends_s: float  # the reader has read it
    waits_s: float  # of the time in between, spent waiting for words
    saved_s: float  # against starting to read when the last word is there

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


def words_in(text: str) -> list[int]:
    """Where each word ends; an ideograph is a word."""
    return [match.end() for match in _WORD.finditer(text)]


def reader_clock(
    pieces: Sequence[tuple[float, str]], *, words_per_minute: float = WORDS_PER_MINUTE
) -> ReaderClock | None:
    """What a reader makes of text arriving as (seconds, piece); None without a word."""
    ends = words_in("".join(piece for _, piece in pieces))
    if not ends:
        return None
    if words_per_minute <= 0:
        raise ValueError(f"a reading speed is positive, got {words_per_minute}")
    arrived = list(accumulate(len(piece) for _, piece in pieces))
    times = [pieces[bisect_left(arrived, end)][0] for end in ends]
    per_word, n = 60.0 / words_per_minute, len(ends)
    finish = max(at + (n - i) * per_word for i, at in enumerate(times))
    reading = n * per_word
    return ReaderClock(
        words=n,
        words_per_minute=words_per_minute,
        starts_s=times[0],
        complete_s=times[-1],
        ends_s=finish,
        waits_s=finish - times[0] - reading,
        saved_s=times[-1] + reading - finish,
    )


def clock_of(trace: Trace, words_per_minute: float = WORDS_PER_MINUTE) -> ReaderClock | None:
    start, name = trace.start, f"reader at {words_per_minute:g}"
    if start is None:
        return None
    if name not in trace.memo:
        pieces = [(at - start, piece) for at, piece in trace.text]
        trace.memo[name] = reader_clock(pieces, words_per_minute=words_per_minute)
    clock: ReaderClock | None = trace.memo[name]
    return clock


@metric("Reader done", unit="s", group="reader", null="there was no text to read")
def reader_done_s(trace: Trace) -> float | None:
    """When a reader at 238 words per minute has read the answer − first request sent."""
    clock = clock_of(trace)
    return clock.ends_s if clock else None


@metric("Reader kept waiting", unit="s", group="reader", null="there was no text to read")
def reader_waits_s(trace: Trace) -> float | None:
    """Time a reader at 238 words per minute waits for words after the first one."""
    clock = clock_of(trace)
    return clock.waits_s if clock else None


@metric("Reader's time saved", unit="s", group="reader", null="there was no text to read")
def reader_saved_s(trace: Trace) -> float | None:
    """(Last word there + time to read it all) − reader done; 0 where all comes at once."""
    clock = clock_of(trace)
    return clock.saved_s if clock else None
