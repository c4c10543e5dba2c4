"""Rates. Tokens come from usage alone, and each is divided by the window in which it was made."""

from workbench.metrics.declare import metric
from workbench.metrics.kinds import ANSWER, REASONING
from workbench.metrics.moments import first_mark
from workbench.metrics.output import answer_tokens, output_tokens, reasoning_tokens_or_zero, span
from workbench.metrics.trace import Trace

__all__: list[str] = []

_STREAMED = "fewer than two pieces were streamed"


@metric(
    "Events per second",
    unit="1/s",
    group="rates",
    excludes="the first event, which opens the window",
    null="fewer than two events were streamed",
)
def events_per_s(trace: Trace) -> float | None:
    """(Received events − 1) ÷ (last − first received event), outages included: what was made
    during an outage arrives after it."""
    if len(trace.seen) < 2:
        return None
    seconds = trace.seen[-1].at - trace.seen[0].at
    return (len(trace.seen) - 1) / seconds if seconds else None


@metric(
    "Characters per second",
    unit="1/s",
    group="rates",
    excludes="the first piece, which opens the window; reasoning, tools, filled-in text",
    null=_STREAMED,
)
def characters_per_s(trace: Trace) -> float | None:
    """Characters of the received text after its first piece ÷ text duration."""
    sizes = [mark.characters for mark in trace.marks if mark.kind in {"text", "refusal"}]
    seconds = span(trace, {"text", "refusal"})
    return sum(sizes[1:]) / seconds if seconds else None


@metric(
    "Answer tokens per second",
    unit="1/s",
    group="rates",
    excludes="reasoning tokens, the time before the first piece of the answer, filled-in output",
    null="no usage, or fewer than two pieces of the answer were streamed",
)
def answer_tokens_per_s(trace: Trace) -> float | None:
    """Answer tokens × share of the answer's characters received after its first piece ÷ (last −
    first piece of the answer). Exact when tokens are spread evenly over characters, whatever the
    number of tokens per piece."""
    tokens, seconds = answer_tokens(trace), span(trace, ANSWER)
    total = sum(trace.characters[kind] for kind in ANSWER)
    if not isinstance(tokens, int) or not seconds or not total:
        return None
    after_first = sum(m.characters for m in trace.marks if m.kind in ANSWER)
    first = first_mark(trace, ANSWER)
    after_first -= first.characters if first else 0
    return tokens * (after_first / total) / seconds


@metric(
    "Output tokens per second",
    unit="1/s",
    group="rates",
    excludes="the wait before the first output item; runs whose tail was filled in",
    null="no usage, or the moment when reasoning began was not seen",
)
def output_tokens_per_s(trace: Trace) -> float | None:
    """(Output tokens − 1, reasoning included) ÷ (last piece of output − first output item or
    piece, whichever came first): the window in which usage's tokens were made."""
    tokens = output_tokens(trace)
    if not isinstance(tokens, int) or not trace.marks or trace.state.filled:
        return None
    hidden = reasoning_tokens_or_zero(trace) and not first_mark(trace, REASONING)
    if hidden and trace.first_item_at is None:
        return None
    began = trace.marks[0].at
    if trace.first_item_at is not None:
        began = min(began, trace.first_item_at)
    seconds = trace.marks[-1].at - began
    return (tokens - 1) / seconds if seconds else None


@metric(
    "Output tokens per second, end to end",
    unit="1/s",
    group="rates",
    null="no usage, or the response never ended",
)
def end_to_end_tokens_per_s(trace: Trace) -> float | None:
    """Output tokens, reasoning included ÷ time to done. Defined for every transport."""
    tokens, done = output_tokens(trace), trace.since_start(trace.done_at)
    return tokens / done if isinstance(tokens, int) and done else None
