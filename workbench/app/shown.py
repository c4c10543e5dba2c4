"""Numbers and foreign words as a person reads them. Pure; null is a dash and never a zero."""

import re
from datetime import UTC, datetime

from workbench.metrics.declare import Unit, Value
from workbench.views.static_html import UNSEEN

__all__ = ["ago", "bytes_text", "metric_text", "plain", "seconds_text"]

DASH = "—"
_MINUTE = 60
# A number and its unit stay on one line.
_UNIT = "\u00a0"
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_MARKS = re.compile(r"[!-/:-@\[-`{-~]")


def seconds_text(seconds: float | None) -> str:
    if seconds is None:
        return DASH
    if seconds < 1:
        return f"{seconds * 1000:.0f}{_UNIT}ms"
    if seconds < _MINUTE:
        return f"{seconds:.2f}{_UNIT}s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE)} s"
    return f"{int(seconds // _HOUR)} h {int(seconds % _HOUR // _MINUTE)} min"


def bytes_text(size: float | None) -> str:
    if size is None:
        return DASH
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("unreachable")


def metric_text(value: Value, unit: Unit) -> str:
    if value is None:
        return DASH
    match unit:
        case "s":
            return seconds_text(value)
        case "bytes":
            return bytes_text(value)
        case "1/s":
            return f"{value:,.1f}/s"
        case "share":
            return f"{value:.0%}"
        case _:
            return f"{value:,.0f}"


def ago(then: float, now: float) -> str:
    passed = max(0.0, now - then)
    if passed < _MINUTE:
        return "just now"
    if passed < _HOUR:
        return f"{int(passed // _MINUTE)} min ago"
    if passed < _DAY:
        return f"{int(passed // _HOUR)} h ago"
    return datetime.fromtimestamp(then, UTC).strftime("%d %b %Y")


def plain(text: object) -> str:
    """Markdown that shows these very characters, whoever wrote them.

    Streamlit takes nearly every text for Markdown, where an image is a request to another host.
    """
    return _MARKS.sub(r"\\\g<0>", str(text).translate(UNSEEN))
