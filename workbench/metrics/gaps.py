"""Gaps between pieces of output, with everything that is not the model's pace taken out.

A gap is the time between two consecutive received pieces of one connection. The silence across
an interruption is an outage, and the burst in which a resumed connection catches up is neither:
both stand on their own and enter no gap.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from workbench.metrics.declare import Sampled, metric
from workbench.metrics.kinds import Kind
from workbench.metrics.percentiles import sampled
from workbench.metrics.trace import Mark, Trace

__all__ = ["STALL_OVER_S", "Burst", "bursts", "gaps", "stalls"]

STALL_OVER_S = 1.0

_EXCLUDES = "outages, catch-up bursts after a resume, events made from a final object"
_NULL = "fewer than two pieces of output were streamed over one connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """The events in which a resumed connection caught up with the provider."""

    attempt: int
    first: int  # index of its first mark
    last: int  # index of its last mark
    seconds: float

    @property
    def events(self) -> int:
        return self.last - self.first + 1


def bursts(trace: Trace) -> list[Burst]:
    """After each seam, the pieces that follow each other faster than half the mean live gap.

    A provider does not date its events, so the live pace is the only witness. The mean, not the
    median: where several events share a packet most live gaps are zero.
    """
    marks = trace.marks
    seams = [i for i in range(1, len(marks)) if marks[i].attempt != marks[i - 1].attempt]
    if not seams:
        return []
    live = [b.at - a.at for a, b in pairwise(marks[: seams[0]])]
    pace = sum(live) / len(live) / 2 if live else 0.0
    found = []
    for first in seams:
        last = first
        while (
            last + 1 < len(marks)
            and marks[last + 1].attempt == marks[first].attempt
            and marks[last + 1].at - marks[last].at <= pace
        ):
            last += 1
        found.append(
            Burst(
                attempt=marks[first].attempt,
                first=first,
                last=last,
                seconds=marks[last].at - marks[first].at,
            )
        )
    return found


def _live_pairs(trace: Trace) -> list[tuple[Mark, Mark]]:
    found: list[tuple[Mark, Mark]] | None = trace.memo.get("live pairs")
    if found is None:
        caught_up = {i for burst in bursts(trace) for i in range(burst.first, burst.last + 1)}
        found = trace.memo["live pairs"] = [
            (before, after)
            for i, (before, after) in enumerate(pairwise(trace.marks), start=1)
            if before.attempt == after.attempt and i not in caught_up
        ]
    return found


def gaps(trace: Trace, kinds: Collection[Kind] | None = None) -> list[float]:
    """Seconds between consecutive live pieces, ascending; of these kinds only, when given."""
    name = f"gaps of {sorted(kinds) if kinds else 'all'}"
    found: list[float] | None = trace.memo.get(name)
    if found is None:
        found = trace.memo[name] = sorted(
            after.at - before.at
            for before, after in _live_pairs(trace)
            if kinds is None or (before.kind in kinds and after.kind in kinds)
        )
    return found


def stalls(trace: Trace, over_s: float = STALL_OVER_S) -> list[float]:
    return [gap for gap in gaps(trace) if gap > over_s]


_TEXT: frozenset[Kind] = frozenset({"text", "refusal"})


@metric("Median gap", unit="s", group="gaps", excludes=_EXCLUDES, null=_NULL)
def gap_p50_s(trace: Trace) -> Sampled:
    """50th percentile of the gaps between received pieces of output of any kind."""
    return sampled(gaps(trace), 0.5)


@metric("Gap, 90th percentile", unit="s", group="gaps", excludes=_EXCLUDES, null=_NULL)
def gap_p90_s(trace: Trace) -> Sampled:
    """90th percentile of the gaps between received pieces of output of any kind."""
    return sampled(gaps(trace), 0.9)


@metric("Gap, 99th percentile", unit="s", group="gaps", excludes=_EXCLUDES, null=_NULL)
def gap_p99_s(trace: Trace) -> Sampled:
    """99th percentile of the gaps between received pieces of output of any kind."""
    return sampled(gaps(trace), 0.99)


@metric("Longest gap", unit="s", group="gaps", excludes=_EXCLUDES, null=_NULL)
def gap_max_s(trace: Trace) -> float | None:
    """The longest gap between received pieces of output of any kind."""
    return max(gaps(trace), default=None)


@metric(
    "Median gap of the text",
    unit="s",
    group="gaps",
    excludes=f"{_EXCLUDES}; reasoning and tool arguments",
    null="fewer than two pieces of text were streamed over one connection",
)
def text_gap_p50_s(trace: Trace) -> Sampled:
    """50th percentile of the gaps between consecutive received pieces of answer text."""
    return sampled(gaps(trace, _TEXT), 0.5)


@metric(
    "Text gap, 99th percentile",
    unit="s",
    group="gaps",
    excludes=f"{_EXCLUDES}; reasoning and tool arguments",
    null="fewer than two pieces of text were streamed over one connection",
)
def text_gap_p99_s(trace: Trace) -> Sampled:
    """99th percentile of the gaps between consecutive received pieces of answer text."""
    return sampled(gaps(trace, _TEXT), 0.99)


@metric("Stalls", unit="count", group="gaps", excludes=_EXCLUDES, null=_NULL)
def stall_count(trace: Trace) -> int | None:
    """Gaps between pieces of output longer than 1 second."""
    return len(stalls(trace)) if gaps(trace) else None


@metric("Time stalled", unit="s", group="gaps", excludes=_EXCLUDES, null=_NULL)
def stalled_s(trace: Trace) -> float | None:
    """Sum of the gaps longer than 1 second."""
    return sum(stalls(trace)) if gaps(trace) else None


@metric("Share of the time stalled", unit="share", group="gaps", excludes=_EXCLUDES, null=_NULL)
def stalled_share(trace: Trace) -> float | None:
    """Sum of the gaps longer than 1 second ÷ sum of all gaps."""
    total = sum(gaps(trace))
    return sum(stalls(trace)) / total if total else None
