"""What three well-known benchmarks would say of the same stream, under their own names.

They disagree with each other and, where reasoning is streamed as summaries, with the truth:
ITL means three things and TPOT two. Each is computed here from our stamps by its owner's
formula, so that a number of theirs can be compared with theirs, and never with one of ours
that happens to share its name. Units are theirs as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from workbench.metrics.trace import Seen, Trace

__all__ = ["OTHERS", "Other", "other_tools"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """One number of another tool, by that tool's definition."""

    tool: str
    name: str
    unit: str
    formula: str
    measure: Callable[[Trace], float | None]

    @property
    def key(self) -> str:
        return f"{self.tool}.{self.name}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "tool": self.tool,
            "name": self.name,
            "unit": self.unit,
            "formula": self.formula,
        }


OTHERS: dict[str, Other] = {}

_Measure = Callable[[Trace], float | None]


def _other(key: str, unit: str) -> Callable[[_Measure], _Measure]:
    def declare(function: _Measure) -> _Measure:
        tool, _, name = key.partition(".")
        formula = " ".join((function.__doc__ or "").split())
        OTHERS[key] = Other(tool=tool, name=name, unit=unit, formula=formula, measure=function)
        return function

    return declare


def other_tools(trace: Trace) -> dict[str, float | None]:
    """Every definition by its key; null where the tool would have nothing to say."""
    return {key: other.measure(trace) for key, other in OTHERS.items()}


_TEXT = "response.output_text.delta"
_REASONING = "response.reasoning_text.delta"
_SUMMARY = "response.reasoning_summary_text.delta"
_ARGUMENTS = "response.function_call_arguments.delta"

# Read from AIPerf 0.13, vLLM 0.33 and GuideLLM 0.8: which events of a response each counts.
_AIPERF_OUTPUT = {_TEXT, "response.output_text.done", _ARGUMENTS}
_AIPERF = _AIPERF_OUTPUT | {_REASONING}
_VLLM = {_TEXT, _REASONING}
_GUIDELLM_OUTPUT = {
    _TEXT,
    _ARGUMENTS,
    "response.function_call_arguments.done",
    "response.output_item.added",
}
_GUIDELLM = _GUIDELLM_OUTPUT | {_SUMMARY}


def _of(trace: Trace, types: set[str]) -> list[Seen]:
    return [seen for seen in trace.seen if seen.carries and seen.type in types]


def _ms(trace: Trace, at: float) -> float:
    return 0.0 if trace.start is None else (at - trace.start) * 1000


def _tokens(trace: Trace) -> int | None:
    tokens = trace.usage.get("output_tokens")
    return tokens if isinstance(tokens, int) else None


def _first(trace: Trace, types: set[str]) -> float | None:
    pieces = _of(trace, types)
    return _ms(trace, pieces[0].at) if pieces else None


def _last(trace: Trace, types: set[str]) -> float | None:
    pieces = _of(trace, types)
    return _ms(trace, pieces[-1].at) if pieces else None


def _per_token_after_first(trace: Trace, types: set[str]) -> float | None:
    first, last, tokens = _first(trace, types), _last(trace, types), _tokens(trace)
    if first is None or last is None or tokens is None or tokens < 2:
        return None
    return (last - first) / (tokens - 1)


def _gap(trace: Trace, types: set[str]) -> list[float]:
    return [(b.at - a.at) * 1000 for a, b in pairwise(_of(trace, types))]


@_other("aiperf.time_to_first_token", "ms")
def _aiperf_ttft(trace: Trace) -> float | None:
    """First content event (text, reasoning text or function argument; no summaries) − request
    start."""
    return _first(trace, _AIPERF)


@_other("aiperf.time_to_first_output_token", "ms")
def _aiperf_ttfo(trace: Trace) -> float | None:
    """First content event that is not reasoning − request start."""
    return _first(trace, _AIPERF_OUTPUT)


@_other("aiperf.time_to_second_token", "ms")
def _aiperf_ttst(trace: Trace) -> float | None:
    """Second content event − first content event."""
    return next(iter(_gap(trace, _AIPERF)), None)


@_other("aiperf.request_latency", "ms")
def _aiperf_latency(trace: Trace) -> float | None:
    """Last content event, `response.output_text.done` included − request start."""
    return _last(trace, _AIPERF)


@_other("aiperf.inter_token_latency", "ms")
def _aiperf_itl(trace: Trace) -> float | None:
    """(Request latency − time to first token) ÷ (output tokens, reasoning included − 1)."""
    return _per_token_after_first(trace, _AIPERF)


@_other("aiperf.output_token_throughput_per_user", "tokens/s")
def _aiperf_throughput(trace: Trace) -> float | None:
    """1 ÷ inter token latency."""
    itl = _aiperf_itl(trace)
    return 1000 / itl if itl else None


@_other("aiperf.inter_chunk_latency", "ms")
def _aiperf_icl(trace: Trace) -> float | None:
    """Mean of the gaps between consecutive content events."""
    gaps = _gap(trace, _AIPERF)
    return sum(gaps) / len(gaps) if gaps else None


@_other("vllm.ttft", "ms")
def _vllm_ttft(trace: Trace) -> float | None:
    """First text or reasoning text event (no summaries, no arguments) − request sent."""
    return _first(trace, _VLLM)


@_other("vllm.e2el", "ms")
def _vllm_e2el(trace: Trace) -> float | None:
    """Last text or reasoning text event − request sent."""
    return _last(trace, _VLLM)


@_other("vllm.tpot", "ms")
def _vllm_tpot(trace: Trace) -> float | None:
    """(E2EL − TTFT) ÷ (output tokens, reasoning included − 1)."""
    return _per_token_after_first(trace, _VLLM)


@_other("vllm.itl", "ms")
def _vllm_itl(trace: Trace) -> float | None:
    """Mean of the gaps between consecutive text or reasoning text events; a gap between chunks,
    however many tokens they hold."""
    gaps = _gap(trace, _VLLM)
    return sum(gaps) / len(gaps) if gaps else None


@_other("guidellm.time_to_first_token_ms", "ms")
def _guidellm_ttft(trace: Trace) -> float | None:
    """First text, summary or function call event − request start."""
    return _first(trace, _GUIDELLM)


@_other("guidellm.time_to_first_output_token_ms", "ms")
def _guidellm_ttfot(trace: Trace) -> float | None:
    """First text or function call event − request start."""
    return _first(trace, _GUIDELLM_OUTPUT)


@_other("guidellm.time_per_output_token_ms", "ms")
def _guidellm_tpot(trace: Trace) -> float | None:
    """(Last token event − request start) ÷ output tokens: the wait for the first token is in."""
    last, tokens = _last(trace, _GUIDELLM), _tokens(trace)
    return last / tokens if last is not None and tokens else None


@_other("guidellm.inter_token_latency_ms", "ms")
def _guidellm_itl(trace: Trace) -> float | None:
    """(Last − first token event) ÷ (output tokens − 1)."""
    return _per_token_after_first(trace, _GUIDELLM)


@_other("guidellm.request_latency", "s")
def _guidellm_latency(trace: Trace) -> float | None:
    """End of the HTTP response − request start."""
    if not trace.attempts or trace.attempts[-1].ended_at is None:
        return None
    return trace.since_start(trace.attempts[-1].ended_at)
