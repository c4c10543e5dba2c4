"""What the connection cost: requests, bytes, outages and what it took to get over them."""

from workbench.metrics.declare import metric
from workbench.metrics.joints import seams_of
from workbench.metrics.trace import Trace

__all__: list[str] = []


_AFTERWARDS = "the fetch that verifies an interrupted run after its end"


@metric(
    "Requests made",
    unit="count",
    group="transport",
    excludes=f"upstream cancels, probes, {_AFTERWARDS}",
)
def requests(trace: Trace) -> int:
    """Connections opened to create, resume or restart + polls; a poll that failed counts too."""
    polled_by = {poll.attempt for poll in trace.polls}
    opened = sum(
        attempt.mode != "poll" or index not in polled_by
        for index, attempt in enumerate(trace.attempts)
    )
    return opened + len(trace.polls)


@metric("Attempts", unit="count", group="transport")
def attempts(trace: Trace) -> int:
    """Connections on behalf of the run, as its log counts them."""
    return len(trace.attempts)


@metric("Polls answered", unit="count", group="transport")
def polls(trace: Trace) -> int:
    """Fetches of the provider's stored response."""
    return len(trace.polls)


@metric("Interruptions", unit="count", group="transport", excludes="failed tries to get over one")
def interruptions(trace: Trace) -> int:
    """Seams: times when a connection broke, or the process that held it went away."""
    return len(seams_of(trace))


@metric("Bytes received", unit="bytes", group="transport", excludes=f"headers, {_AFTERWARDS}")
def bytes_received(trace: Trace) -> int:
    """Body bytes of all connections and polls."""
    polled_by = {poll.attempt for poll in trace.polls}
    streamed = sum(
        attempt.bytes
        for index, attempt in enumerate(trace.attempts)
        if attempt.mode != "poll" or index not in polled_by
    )
    return streamed + sum(poll.bytes for poll in trace.polls)


@metric("Bytes received twice", unit="bytes", group="transport")
def bytes_twice(trace: Trace) -> int:
    """Body bytes of events that were in the log already."""
    return sum(attempt.bytes_twice for attempt in trace.attempts)


@metric("Duplicates dropped", unit="count", group="transport")
def duplicates(trace: Trace) -> int:
    """Events that arrived again and were not logged again."""
    return sum(attempt.duplicates for attempt in trace.attempts)


@metric("Waited on purpose", unit="s", group="transport", excludes="waiting for a poll to be due")
def waited_s(trace: Trace) -> float:
    """Sum of the pauses for backoff, rate limits, an open circuit or the queue."""
    return sum(wait.seconds for wait in trace.waits if wait.reason != "poll")


@metric("Outage", unit="s", group="transport", excludes="the silence before it was noticed")
def outage_s(trace: Trace) -> float:
    """Sum over seams: interruption noticed -> first new event; 0 without a seam."""
    return sum(seam.outage_s or 0.0 for seam in seams_of(trace))


@metric(
    "Recovery",
    unit="s",
    group="transport",
    excludes="backoff and failed tries",
    null="nothing was interrupted, or nothing came after",
)
def recovery_s(trace: Trace) -> float | None:
    """Longest over seams: start of the attempt that got over it -> its first new event."""
    return max((s.recovery_s for s in seams_of(trace) if s.recovery_s is not None), default=None)


@metric("Events in catch-up bursts", unit="count", group="transport")
def burst_events(trace: Trace) -> int:
    """Sum over seams: pieces of output that arrived in a rush after a resume."""
    return sum(seam.burst_events for seam in seams_of(trace))


@metric("Catch-up", unit="s", group="transport")
def burst_s(trace: Trace) -> float:
    """Sum over seams: first -> last piece of the rush after a resume."""
    return sum(seam.burst_s for seam in seams_of(trace))
