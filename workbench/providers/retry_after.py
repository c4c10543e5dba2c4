"""When a provider wants to be asked again, in all the ways providers say it. Pure."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

__all__ = ["poll_after_s", "retry_after_s"]

_IN_WORDS = re.compile(r"(?i)(?:try again|retry|wait)[^.\d]{0,24}((?:\d+(?:\.\d+)?\s*[a-z]+\s*)+)")
_SPAN = re.compile(
    r"(?i)(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hours?)\b"
)


def retry_after_s(headers: Mapping[str, str], message: str, *, now: float) -> float | None:
    """Seconds to wait; None when nothing was said. `headers` has lower-case names."""
    if (ms := _number(headers.get("retry-after-ms"))) is not None:
        return ms / 1000
    if said := headers.get("retry-after"):
        if (seconds := _number(said)) is not None:
            return seconds
        if (until := _moment(said)) is not None:
            # The provider's own clock, where it shows one, makes ours irrelevant.
            return max(0.0, until - (_moment(headers.get("date")) or now))
    return _in_words(message)


def poll_after_s(headers: Mapping[str, str]) -> float | None:
    """What a provider suggests between two polls."""
    ms = _number(headers.get("openai-poll-after-ms"))
    return retry_after_s(headers, "", now=0.0) if ms is None else ms / 1000


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else -1.0
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _moment(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None


def _in_words(message: str) -> float | None:
    """`Please try again in 6.57s`, `in 20ms`, `in 7m12s`, `in 3 seconds`."""
    said = _IN_WORDS.search(message)
    spans = _SPAN.findall(_apart(said[1])) if said else []
    return sum(float(amount) * _unit_s(unit.lower()) for amount, unit in spans) if spans else None


def _apart(text: str) -> str:
    return re.sub(r"([a-z])(\d)", r"\1 \2", text, flags=re.IGNORECASE)


def _unit_s(unit: str) -> float:
    if unit.startswith(("ms", "milli")):
        return 0.001
    return {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[0]]
