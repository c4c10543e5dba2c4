"""The seam report: whether a run that was interrupted lost, doubled or reordered anything.

It is computed from the log alone. `once` and `in_order` come from the provider's sequence
numbers; `equal` from the comparison with the provider's final object. Each is null when it
cannot be known, and `reasons` says why.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from workbench.events import Entry, Fact
from workbench.metrics.joints import Seam, seams_of
from workbench.metrics.trace import AttemptTrace, Trace, trace_of
from workbench.wire.final import difference

__all__ = ["AttemptReport", "Gap", "SeamReport", "report", "report_trace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptReport:
    """One connection: what it was asked for and what it brought."""

    attempt: int
    mode: str
    outcome: str  # open, interrupted or ended
    cause: str | None
    message: str | None
    status: int | None
    starting_after: int | None
    first_cursor: int | None
    last_cursor: int | None
    first_sequence: int | None
    last_sequence: int | None
    events: int
    filled_events: int
    duplicates: int
    bytes: int
    bytes_twice: int
    started_s: float | None  # since the first request
    connected_s: float | None
    first_event_s: float | None
    ended_s: float | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Sequence numbers that jumped, and what became of it."""

    cursor: int
    expected: int | None
    got: int | None
    action: str | None
    filled: bool  # the numbers in between arrived after all

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeamReport:
    attempts: tuple[AttemptReport, ...]
    seams: tuple[Seam, ...]
    gaps: tuple[Gap, ...]
    duplicates: int
    bytes: int
    bytes_twice: int
    outage_s: float
    filled_characters: int
    filled_events: int
    repaired: int
    once: bool | None
    in_order: bool | None
    equal: bool | None
    terminal: bool | None  # exactly one terminal entry and nothing after it; null while it runs
    reasons: tuple[str, ...]  # why something does not hold or cannot be known

    @property
    def holds(self) -> bool | None:
        """True when all of it is proven, False when any is refuted, None otherwise."""
        verdicts = (self.once, self.in_order, self.equal, self.terminal)
        if False in verdicts:
            return False
        return None if None in verdicts else True

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        if self.holds:
            return "Exactly once, in order, equal to the provider's final object."
        start = "Broken" if self.holds is False else "Not proven"
        return f"{start}: {'; '.join(self.reasons)}."

    def to_dict(self) -> dict[str, Any]:
        return {
            "holds": self.holds,
            "sentence": self.sentence,
            "once": self.once,
            "in_order": self.in_order,
            "equal": self.equal,
            "terminal": self.terminal,
            "reasons": list(self.reasons),
            "attempts": [attempt.to_dict() for attempt in self.attempts],
            "seams": [seam.to_dict() for seam in self.seams],
            "gaps": [gap.to_dict() for gap in self.gaps],
            "duplicates": self.duplicates,
            "bytes": self.bytes,
            "bytes_twice": self.bytes_twice,
            "outage_s": self.outage_s,
            "filled_characters": self.filled_characters,
            "filled_events": self.filled_events,
            "repaired": self.repaired,
        }


def report(entries: Iterable[Entry]) -> SeamReport:
    """The seam report of a run from its entries, ended or not."""
    return report_trace(trace_of(entries))


def report_trace(trace: Trace) -> SeamReport:
    seams = seams_of(trace)
    gaps = _gaps(trace)
    reasons: list[str] = []
    equal = _equal(trace, reasons)
    once, in_order = _numbers(trace, equal, reasons)
    return SeamReport(
        attempts=tuple(_attempt(trace, attempt) for attempt in trace.attempts),
        seams=tuple(seams),
        gaps=tuple(gaps),
        duplicates=sum(attempt.duplicates for attempt in trace.attempts),
        bytes=sum(a.bytes for a in trace.attempts) + sum(p.bytes for p in trace.polls),
        bytes_twice=sum(attempt.bytes_twice for attempt in trace.attempts),
        outage_s=sum(seam.outage_s or 0.0 for seam in seams),
        filled_characters=trace.state.filled,
        filled_events=trace.filled_events,
        repaired=len(trace.facts.get(Fact.REPAIRED, [])),
        once=once,
        in_order=in_order,
        equal=equal,
        terminal=_terminal(trace, reasons),
        reasons=tuple(reasons),
    )


def _attempt(trace: Trace, attempt: AttemptTrace) -> AttemptReport:
    return AttemptReport(
        attempt=attempt.number,
        mode=attempt.mode,
        outcome=attempt.outcome,
        cause=attempt.cause,
        message=attempt.message,
        status=attempt.status,
        starting_after=attempt.starting_after,
        first_cursor=attempt.first_cursor,
        last_cursor=attempt.last_cursor,
        first_sequence=attempt.first_sequence,
        last_sequence=attempt.last_sequence,
        events=attempt.events,
        filled_events=attempt.filled_events,
        duplicates=attempt.duplicates,
        bytes=attempt.bytes,
        bytes_twice=attempt.bytes_twice,
        started_s=trace.since_start(attempt.started_at),
        connected_s=trace.since_start(attempt.connected_at),
        first_event_s=trace.since_start(attempt.first_event_at),
        ended_s=trace.since_start(attempt.ended_at),
    )


def _gaps(trace: Trace) -> list[Gap]:
    stored = {sequence for _, sequence in trace.sequences[-1]}
    found = []
    for entry in trace.facts.get(Fact.GAP, []):
        expected, got = entry.event.get("expected"), entry.event.get("got")
        filled = (
            isinstance(expected, int)
            and isinstance(got, int)
            and stored.issuperset(range(expected, got))
        )
        found.append(
            Gap(
                cursor=entry.cursor,
                expected=expected,
                got=got,
                action=entry.event.get("action"),
                filled=filled,
            )
        )
    return found


def _numbers(
    trace: Trace, equal: bool | None, reasons: list[str]
) -> tuple[bool | None, bool | None]:
    """Whether the stored sequence numbers are each there once, and ascend."""
    once: bool | None = True
    in_order: bool | None = True
    if not trace.cursors_dense:
        once = False
        reasons.append("the log's cursors are not dense")
    numbered = [numbers for numbers in trace.sequences if numbers]
    if not numbered:
        if trace.events:
            reasons.append("the provider numbers no events")
        return _by_text(trace, once, equal)
    for numbers in numbered:
        repeated = _repeated(sequence for _, sequence in numbers)
        if repeated:
            once = False
            reasons.append(f"sequence number {min(repeated)} is stored twice")
        if not repeated and any(b[1] < a[1] for a, b in pairwise(numbers)):
            in_order = False
            reasons.append("sequence numbers do not ascend")
    missing = _missing(numbered[-1])
    if missing and once:
        # A keepalive uses up a number, so a jump alone is no loss; the final object decides.
        once = equal
        if equal is None:
            reasons.append(
                f"{missing} sequence numbers are missing and nothing says whether "
                "they carried anything"
            )
        elif not equal:
            reasons.append(f"{missing} sequence numbers are missing")
    return once, in_order


def _by_text(
    trace: Trace, once: bool | None, equal: bool | None
) -> tuple[bool | None, bool | None]:
    """Without numbers, one unbroken connection or an equal text is the proof."""
    if once is False:
        return False, None
    proof = True if equal or not seams_of(trace) else None
    return proof, proof


def _repeated(numbers: Iterable[int]) -> list[int]:
    return [number for number, times in Counter(numbers).items() if times > 1]


def _missing(numbers: list[tuple[int, int]]) -> int:
    return sum(max(b - a - 1, 0) for (_, a), (_, b) in pairwise(numbers))


def _equal(trace: Trace, reasons: list[str]) -> bool | None:
    verified = trace.facts.get(Fact.VERIFIED, [])
    if verified:
        event = verified[-1].event
        equal, why = event.get("equal"), event.get("reason") or "no reason was given"
    elif trace.final is not None:
        why = difference(trace.state, trace.final)
        equal = why is None
    else:
        equal = None
        why = (
            "the provider's final object could not be had"
            if trace.terminals
            else "it has not ended"
        )
    if equal is not True:
        reasons.append(str(why).rstrip("."))
    return equal if isinstance(equal, bool) else None


def _terminal(trace: Trace, reasons: list[str]) -> bool | None:
    if trace.terminals == 0:
        return None
    if trace.terminals > 1:
        reasons.append(f"{trace.terminals} terminal entries")
    if trace.entries_after_terminal:
        reasons.append("entries follow the terminal entry")
    return trace.terminals == 1 and not trace.entries_after_terminal
