"""How much came out, and over what time."""

from collections.abc import Collection

from workbench.metrics.declare import metric
from workbench.metrics.kinds import ANSWER, Kind
from workbench.metrics.moments import first_mark, last_mark
from workbench.metrics.reader import words_in
from workbench.metrics.trace import Trace

__all__ = ["answer_tokens", "span"]

_USAGE = "the provider reported no usage"


def span(trace: Trace, kinds: Collection[Kind] | None = None) -> float | None:
    """Last piece − first piece of these kinds; None when fewer than two moments were seen."""
    if kinds is None:
        marks = trace.marks
        seconds = marks[-1].at - marks[0].at if marks else 0.0
    else:
        first, last = first_mark(trace, kinds), last_mark(trace, kinds)
        seconds = last.at - first.at if first and last else 0.0
    return seconds or None


def _usage(trace: Trace, *path: str) -> int | None:
    value: object = trace.usage
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, int) else None


@metric(
    "Output duration",
    unit="s",
    group="output",
    excludes="the wait before the first piece and the events after the last",
    null="fewer than two pieces of output were streamed",
)
def output_s(trace: Trace) -> float | None:
    """Last − first received piece of output (text, refusal, reasoning, summary, tool argument)."""
    return span(trace)


@metric(
    "Text duration",
    unit="s",
    group="output",
    excludes="reasoning and tool arguments",
    null="fewer than two pieces of text were streamed",
)
def text_s(trace: Trace) -> float | None:
    """Last − first received piece of answer text or refusal."""
    return span(trace, {"text", "refusal"})


@metric("Events received", unit="count", group="output", excludes="duplicates that were dropped")
def events(trace: Trace) -> int:
    """Provider events in the log that arrived over the wire."""
    return trace.events


@metric("Pieces of output", unit="count", group="output", excludes="empty deltas")
def output_events(trace: Trace) -> int:
    """Received events that carried output. A piece is a chunk, not a token."""
    return len(trace.marks)


@metric("Characters of text", unit="characters", group="output", excludes="reasoning, tools")
def characters(trace: Trace) -> int:
    """Length of the answer text and refusal, whether streamed or filled in."""
    return trace.characters["text"] + trace.characters["refusal"]


@metric("Characters of summaries", unit="characters", group="output")
def summary_characters(trace: Trace) -> int:
    """Length of all reasoning summaries, whether streamed or filled in."""
    return trace.characters["summary"]


@metric("Characters of tool arguments", unit="characters", group="output")
def tool_characters(trace: Trace) -> int:
    """Length of all tool arguments, inputs, code and commands, streamed or filled in."""
    return trace.characters["tool"]


@metric("Characters filled in", unit="characters", group="output")
def filled_characters(trace: Trace) -> int:
    """Characters of output that were taken from a final object instead of being received."""
    return trace.state.filled


@metric("Words of text", unit="words", group="output", excludes="reasoning, tools")
def words(trace: Trace) -> int:
    """Runs of non-space characters in the answer; an ideograph counts as a word."""
    return len(words_in("".join(piece for _, piece in trace.text)))


@metric("Input tokens", unit="tokens", group="output", null=_USAGE)
def input_tokens(trace: Trace) -> int | None:
    """`usage.input_tokens` of the final object."""
    return _usage(trace, "input_tokens")


@metric("Cached input tokens", unit="tokens", group="output", null=_USAGE)
def cached_tokens(trace: Trace) -> int | None:
    """`usage.input_tokens_details.cached_tokens` of the final object."""
    return _usage(trace, "input_tokens_details", "cached_tokens")


@metric("Output tokens", unit="tokens", group="output", null=_USAGE)
def output_tokens(trace: Trace) -> int | None:
    """`usage.output_tokens` of the final object, reasoning included."""
    return _usage(trace, "output_tokens")


@metric("Reasoning tokens", unit="tokens", group="output", null=_USAGE)
def reasoning_tokens(trace: Trace) -> int | None:
    """`usage.output_tokens_details.reasoning_tokens` of the final object."""
    return _usage(trace, "output_tokens_details", "reasoning_tokens")


@metric("Answer tokens", unit="tokens", group="output", null=_USAGE)
def answer_tokens(trace: Trace) -> int | None:
    """Output tokens − reasoning tokens."""
    total = _usage(trace, "output_tokens")
    return None if total is None else total - (reasoning_tokens_or_zero(trace))


def reasoning_tokens_or_zero(trace: Trace) -> int:
    return _usage(trace, "output_tokens_details", "reasoning_tokens") or 0


@metric(
    "Tokens per piece",
    unit="tokens",
    group="output",
    excludes="reasoning",
    null="no usage, or no piece of the answer was streamed",
)
def tokens_per_piece(trace: Trace) -> float | None:
    """Answer tokens ÷ received pieces of the answer; far from 1, a chunk is not a token."""
    total = _usage(trace, "output_tokens")
    pieces = sum(mark.kind in ANSWER for mark in trace.marks)
    if total is None or not pieces:
        return None
    return (total - reasoning_tokens_or_zero(trace)) / pieces
