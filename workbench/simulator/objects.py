"""The response object: the request echoed as the provider echoes it, and what came of it."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from workbench.simulator.steps import Outcome
from workbench.simulator.store import Record

__all__ = ["echoed_tools", "input_tokens", "response_object", "texts_of"]


def response_object(
    record: Record,
    status: str,
    *,
    output: list[dict[str, Any]],
    ending: Outcome | None,
    ended_after: float,
    tokens: tuple[int, int],
) -> dict[str, Any]:
    """Keys and their order as in recorded traffic."""
    asked = record.request
    failed, incomplete = status == "failed", status == "incomplete"
    completed = status == "completed"
    priced = status in ("completed", "incomplete")
    return {
        "id": record.id,
        "object": "response",
        "created_at": record.created_at,
        "status": status,
        "background": record.is_background,
        "completed_at": record.created_at + math.floor(ended_after) if completed else None,
        "error": {"code": ending.code, "message": ending.message} if ending and failed else None,
        "frequency_penalty": asked.get("frequency_penalty", 0.0),
        "incomplete_details": {"reason": ending.reason} if ending and incomplete else None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": asked.get("max_tool_calls"),
        "model": asked["model"],
        "output": output,
        "parallel_tool_calls": asked.get("parallel_tool_calls", True),
        "presence_penalty": asked.get("presence_penalty", 0.0),
        "previous_response_id": asked.get("previous_response_id"),
        **({"prompt": asked["prompt"]} if asked.get("prompt") else {}),
        "prompt_cache_key": asked.get("prompt_cache_key"),
        "prompt_cache_retention": asked.get("prompt_cache_retention"),
        "reasoning": {"effort": None, "summary": None, **(asked.get("reasoning") or {})},
        "safety_identifier": asked.get("safety_identifier"),
        "service_tier": "default" if priced else asked.get("service_tier", "auto"),
        "store": record.is_stored,
        "temperature": asked.get("temperature", 1.0),
        "text": {"format": {"type": "text"}, "verbosity": "medium", **_text(asked)},
        "tool_choice": asked.get("tool_choice", "auto"),
        "tools": echoed_tools(asked.get("tools")),
        "top_logprobs": asked.get("top_logprobs", 0),
        "top_p": asked.get("top_p", 1.0),
        "truncation": asked.get("truncation", "disabled"),
        "usage": _usage(record, tokens) if priced else None,
        "user": asked.get("user"),
        "metadata": asked.get("metadata") or {},
    }


def _usage(record: Record, tokens: tuple[int, int]) -> dict[str, Any]:
    spent, reasoning = tokens
    read = input_tokens(record.request)
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": spent,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": read + spent,
    }


def _text(asked: dict[str, Any]) -> dict[str, Any]:
    text = dict(asked.get("text") or {})
    given = text.get("format")
    if isinstance(given, dict) and given.get("type") == "json_schema":
        text["format"] = {"description": None, "strict": True, **given}
    return text


def echoed_tools(tools: Any) -> list[dict[str, Any]]:
    """Function tools come back with their defaults filled in."""
    return [
        {"description": None, "strict": True, **tool} if tool.get("type") == "function" else tool
        for tool in tools or []
    ]


def input_tokens(asked: dict[str, Any]) -> int:
    """Four characters of instructions and input are a token."""
    given = asked.get("input", asked.get("messages"))
    characters = len(asked.get("instructions") or "") + sum(map(len, texts_of(given)))
    return math.ceil(characters / 4)


def texts_of(given: Any) -> Iterator[str]:
    """Every text of an input: a string, a message, its parts, a tool's output."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, dict):
        for name in ("content", "text", "output", "arguments", "refusal"):
            yield from texts_of(given.get(name))
    elif isinstance(given, Iterable):
        for each in given:
            yield from texts_of(each)
