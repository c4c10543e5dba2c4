"""The names of OpenTelemetry's GenAI conventions for what is measured here.

They are for streaming calls alone and speak of chunks, not tokens: the first chunk is the first
event of any type. What a transport does not have is absent, as the conventions ask.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from workbench.metrics.declare import Value
from workbench.metrics.trace import Trace

__all__ = ["otel_attributes", "otel_metrics"]

_FINISH = {"completed": "stop", "incomplete": "length", "failed": "error", "cancelled": "cancelled"}


def otel_attributes(metrics: Mapping[str, Value], trace: Trace) -> dict[str, Any]:
    """Span attributes of the run as one `chat` operation."""
    final = trace.final or {}
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": trace.request.get("provider"),
        "gen_ai.request.model": trace.request.get("model"),
        "gen_ai.response.model": final.get("model"),
        "gen_ai.response.id": trace.response_id,
        "gen_ai.response.finish_reasons": _finish_reasons(final),
        "gen_ai.response.time_to_first_chunk": metrics["first_event_s"],
        "gen_ai.usage.input_tokens": metrics["input_tokens"],
        "gen_ai.usage.output_tokens": metrics["output_tokens"],
        "gen_ai.usage.cache_read.input_tokens": metrics["cached_tokens"],
        "gen_ai.usage.reasoning.output_tokens": metrics["reasoning_tokens"],
        "error.type": (trace.error or {}).get("code"),
    }
    return {name: value for name, value in attributes.items() if value is not None}


def otel_metrics(metrics: Mapping[str, Value], trace: Trace) -> dict[str, Any]:
    """Client metrics by name; the recorded values, in seconds or tokens."""
    found = {
        "gen_ai.client.operation.duration": metrics["done_s"],
        "gen_ai.client.operation.time_to_first_chunk": metrics["first_event_s"],
        "gen_ai.client.operation.time_per_output_chunk": _chunk_gaps(trace) or None,
        "gen_ai.client.token.usage": {
            kind: metrics[f"{kind}_tokens"]
            for kind in ("input", "output")
            if metrics[f"{kind}_tokens"] is not None
        }
        or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _chunk_gaps(trace: Trace) -> list[float]:
    """Each chunk's distance from the one before it on the same connection."""
    return [
        after.at - before.at
        for before, after in pairwise(trace.seen)
        if before.attempt == after.attempt
    ]


def _finish_reasons(final: dict[str, Any]) -> list[str] | None:
    details = final.get("incomplete_details")
    if isinstance(details, dict) and details.get("reason") == "content_filter":
        return ["content_filter"]
    reason = _FINISH.get(str(final.get("status")))
    return [reason] if reason else None
