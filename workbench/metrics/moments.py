"""When things happened. A moment that a transport does not have is null, never zero."""

from collections.abc import Collection

from workbench.metrics.declare import metric
from workbench.metrics.kinds import ANSWER, REASONING, Kind
from workbench.metrics.trace import Mark, Trace

__all__ = ["first_mark", "last_mark"]

_ARRIVED = "events made from a final object, which nobody saw arrive"


def first_mark(trace: Trace, kinds: Collection[Kind]) -> Mark | None:
    return next((mark for mark in trace.marks if mark.kind in kinds), None)


def last_mark(trace: Trace, kinds: Collection[Kind]) -> Mark | None:
    return next((mark for mark in reversed(trace.marks) if mark.kind in kinds), None)


def _first(trace: Trace, kinds: Collection[Kind]) -> float | None:
    mark = first_mark(trace, kinds)
    return trace.since_start(mark.at) if mark else None


@metric(
    "Waiting to be started",
    unit="s",
    group="moments",
    null="no request was sent",
)
def queued_s(trace: Trace) -> float | None:
    """First request sent − run accepted."""
    if trace.sent_at is None or trace.accepted_at is None:
        return None
    return trace.sent_at - trace.accepted_at


@metric("Time to headers", unit="s", group="moments", null="no request was answered")
def headers_s(trace: Trace) -> float | None:
    """Headers of the first answer below status 400 − first request sent."""
    return trace.since_start(trace.headers_at)


@metric(
    "Time to first event",
    unit="s",
    group="moments",
    excludes=f"{_ARRIVED}; comments and heartbeats",
    null="nothing was streamed",
)
def first_event_s(trace: Trace) -> float | None:
    """First provider event of any type − first request sent."""
    return trace.since_start(trace.first_event_at)


@metric(
    "Time to created",
    unit="s",
    group="moments",
    excludes=_ARRIVED,
    null="no `response.created` arrived",
)
def created_s(trace: Trace) -> float | None:
    """`response.created` received − first request sent."""
    return trace.since_start(trace.created_at)


@metric(
    "Time to first sign of life",
    unit="s",
    group="moments",
    excludes=f"{_ARRIVED}; empty deltas, lifecycle events, heartbeats",
    null="nothing that a user could see was streamed",
)
def first_sign_s(trace: Trace) -> float | None:
    """First event a user could see (a non-empty piece of text, refusal, reasoning, summary or
    tool argument, a tool call appearing or moving on) − first request sent."""
    moments = [trace.marks[0].at] if trace.marks else []
    if trace.first_activity_at is not None:
        moments.append(trace.first_activity_at)
    return trace.since_start(min(moments)) if moments else None


@metric(
    "Time to first reasoning",
    unit="s",
    group="moments",
    excludes=f"{_ARRIVED}; reasoning that the provider hides",
    null="no reasoning was streamed",
)
def first_reasoning_s(trace: Trace) -> float | None:
    """First non-empty piece of a reasoning summary or of reasoning text − first request sent."""
    return _first(trace, REASONING)


@metric(
    "Time to first summary",
    unit="s",
    group="moments",
    excludes=_ARRIVED,
    null="no reasoning summary was streamed",
)
def first_summary_s(trace: Trace) -> float | None:
    """First non-empty piece of a reasoning summary − first request sent."""
    return _first(trace, {"summary"})


@metric(
    "Time to first tool argument",
    unit="s",
    group="moments",
    excludes=_ARRIVED,
    null="no tool argument was streamed",
)
def first_tool_argument_s(trace: Trace) -> float | None:
    """First non-empty piece of a tool call's arguments, input, code or command − first request
    sent."""
    return _first(trace, {"tool"})


@metric(
    "Time to first text",
    unit="s",
    group="moments",
    excludes=f"{_ARRIVED}; reasoning and tool arguments",
    null="no answer text was streamed",
)
def first_text_s(trace: Trace) -> float | None:
    """First non-empty piece of answer text or refusal − first request sent."""
    return _first(trace, {"text", "refusal"})


@metric(
    "Time to done",
    unit="s",
    group="moments",
    excludes="what the workbench did afterwards (verification, closing the log)",
    null="the provider never said that the response ended",
)
def done_s(trace: Trace) -> float | None:
    """The response's terminal event, received or taken from a poll − first request sent."""
    return trace.since_start(trace.done_at)


@metric("Time to the end of the run", unit="s", group="moments", null="the run has not ended")
def ended_s(trace: Trace) -> float | None:
    """The run's terminal entry − first request sent."""
    return trace.since_start(trace.ended_at)


@metric(
    "Reasoning before the answer",
    unit="s",
    group="moments",
    excludes="reasoning between or after parts of the answer",
    null="no reasoning, or no answer after it, was streamed",
)
def reasoning_s(trace: Trace) -> float | None:
    """First piece of the answer (text, refusal or tool argument) − first item or piece of
    reasoning."""
    reasoning, answer = first_mark(trace, REASONING), first_mark(trace, ANSWER)
    if not reasoning or not answer or answer.at < reasoning.at:
        return None
    began = reasoning.at
    if trace.first_item_at is not None:
        began = min(began, trace.first_item_at)
    return answer.at - began
