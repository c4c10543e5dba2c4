"""Seams: where one attempt broke and a later one brought the next new event."""

from dataclasses import asdict, dataclass
from typing import Any

from workbench.metrics.gaps import bursts
from workbench.metrics.trace import AttemptTrace, Trace

__all__ = ["Seam", "seams_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seam:
    """One interruption and how it was got over. Seconds are null where nothing came after."""

    cause: str | None  # null when the process that held the connection went away
    message: str | None
    after_attempt: int
    attempt: int | None  # which brought the next new event
    mode: str | None  # how: resume, poll, restart or create
    tries: int  # attempts made to get over it
    interrupted_s: float | None  # since the first request
    last_cursor: int | None  # the last event before
    first_cursor: int | None  # the first event after
    last_sequence: int | None
    starting_after: int | None
    first_sequence: int | None
    outage_s: float | None  # interruption noticed -> first new event
    silence_s: float | None  # last new event before -> first new event after
    waited_s: float  # of the outage, spent waiting on purpose
    recovery_s: float | None  # attempt started -> its first new event
    burst_events: int  # pieces of output that arrived in a rush to catch up
    burst_s: float
    duplicates: int
    bytes_twice: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def seams_of(trace: Trace) -> list[Seam]:
    found: list[Seam] | None = trace.memo.get("seams")
    if found is None:
        found = trace.memo["seams"] = _find(trace)
    return found


def _find(trace: Trace) -> list[Seam]:
    attempts = trace.attempts
    found, i = [], 0
    while i < len(attempts):
        later = attempts[i + 1 :]
        if not _broke(attempts[i], more=bool(later)):
            i += 1
            continue
        tries = _tries(later)
        found.append(_seam(trace, i, later[:tries]))
        i += max(tries, 1)
    return found


def _broke(attempt: AttemptTrace, *, more: bool) -> bool:
    """Interrupted, or left open by a process that died: only then somebody tried again."""
    if attempt.cause == "cancel":
        return False
    return attempt.outcome == "interrupted" or (attempt.outcome == "open" and more)


def _tries(later: list[AttemptTrace]) -> int:
    """How many attempts it took until one brought something new or came to its own end."""
    for count, attempt in enumerate(later, start=1):
        if attempt.first_new_at is not None or attempt.outcome == "ended":
            return count
    return len(later)


def _seam(trace: Trace, index: int, tries: list[AttemptTrace]) -> Seam:
    broken = trace.attempts[index]
    healed = tries[-1] if tries and tries[-1].first_new_at is not None else None
    noticed = broken.ended_at or broken.last_event_at or broken.started_at
    new_at = healed.first_new_at if healed else None
    before = [a for a in trace.attempts[: index + 1] if a.last_event_at is not None]
    last_event_at = before[-1].last_event_at if before else None
    number = index + len(tries)
    burst = next((b for b in bursts(trace) if healed and b.attempt == number), None)
    until = new_at if new_at is not None else trace.ended_at
    return Seam(
        cause=broken.cause,
        message=broken.message,
        after_attempt=broken.number,
        attempt=healed.number if healed else None,
        mode=healed.mode if healed else None,
        tries=len(tries),
        interrupted_s=trace.since_start(noticed),
        last_cursor=before[-1].last_cursor if before else None,
        first_cursor=healed.first_cursor if healed else None,
        last_sequence=before[-1].last_sequence if before else None,
        starting_after=healed.starting_after if healed else None,
        first_sequence=healed.first_sequence if healed else None,
        outage_s=None if new_at is None else new_at - noticed,
        silence_s=None if new_at is None or last_event_at is None else new_at - last_event_at,
        waited_s=sum(
            wait.seconds
            for wait in trace.waits
            if wait.at >= noticed and (until is None or wait.at <= until)
        ),
        recovery_s=None if healed is None or new_at is None else new_at - healed.started_at,
        burst_events=burst.events if burst else 0,
        burst_s=burst.seconds if burst else 0.0,
        duplicates=sum(attempt.duplicates for attempt in tries),
        bytes_twice=sum(attempt.bytes_twice for attempt in tries),
    )
