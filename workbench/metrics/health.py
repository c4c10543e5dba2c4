"""Rates and distributions over many runs. Pure, and the order of the runs changes nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.events import ENDED, RunInfo, Status
from workbench.metrics.measuring import Metrics
from workbench.metrics.percentiles import METHOD, sampled

__all__ = ["Point", "health", "point"]

_SHARES: tuple[Status, ...] = (
    "completed",
    "incomplete",
    "failed",
    "interrupted",
    "cancelled",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What one run contributes; seconds are null where it has no such moment."""

    at: float  # accepted, seconds since the epoch
    status: Status
    first_sign_s: float | None = None
    done_s: float | None = None
    interruptions: int = 0
    outage_s: float = 0.0
    characters: int = 0
    error: str | None = None  # its code


def point(info: RunInfo, metrics: Metrics) -> Point:
    error = metrics.trace.error or {}
    return Point(
        at=info.created_at,
        status=info.status,
        first_sign_s=metrics["first_sign_s"],
        done_s=metrics["done_s"],
        interruptions=int(metrics["interruptions"] or 0),
        outage_s=float(metrics["outage_s"] or 0.0),
        characters=int(metrics["characters"] or 0),
        error=None if (code := error.get("code")) is None else str(code),
    )


def health(points: Iterable[Point], *, now: float, bucket_s: float = 3600.0) -> dict[str, Any]:
    """How runs fared, altogether and over time; shares are of the runs that ended."""
    held = sorted(points, key=lambda each: each.at)
    ended = [each for each in held if each.status in ENDED]
    return {
        "at": now,
        "runs": len(held),
        "active": len(held) - len(ended),
        "shares": _shares(ended),
        "interrupted_and_recovered": sum(
            each.interruptions > 0 and each.status == "completed" for each in ended
        ),
        # Something was kept of what did not complete.
        "partial": sum(each.status != "completed" and each.characters > 0 for each in ended),
        "errors": dict(Counter(each.error for each in ended if each.error).most_common()),
        "percentiles": METHOD,
        "first_sign_s": _distribution([each.first_sign_s for each in ended]),
        "done_s": _distribution([each.done_s for each in ended if each.status == "completed"]),
        "outage_s": _distribution([each.outage_s for each in ended if each.interruptions]),
        "over_time": _over_time(ended, bucket_s),
    }


def _shares(ended: Sequence[Point]) -> dict[str, float | None]:
    """A run that its user stopped says nothing about success."""
    counts = Counter(each.status for each in ended)
    tried = len(ended) - counts["cancelled"]
    return {
        "success": counts["completed"] / tried if tried else None,
        **{status: counts[status] / len(ended) if ended else None for status in _SHARES},
    }


def _distribution(values: Iterable[float | None]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    found: dict[str, Any] = {"samples": len(known), "few": []}
    for name, p in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        value, _, few = sampled(known, p)
        found[name] = value
        if few and known:
            found["few"].append(name)
    return found


def _over_time(ended: Sequence[Point], bucket_s: float) -> list[dict[str, Any]]:
    """One row per stretch of time that has runs, oldest first."""
    buckets: dict[int, list[Point]] = {}
    for each in ended:
        buckets.setdefault(int(each.at // bucket_s), []).append(each)
    return [
        {
            "from": number * bucket_s,
            "until": (number + 1) * bucket_s,
            "runs": len(members),
            "completed": sum(each.status == "completed" for each in members),
            "failed": sum(each.status in {"failed", "incomplete"} for each in members),
            "interrupted": sum(each.status == "interrupted" for each in members),
            "cancelled": sum(each.status == "cancelled" for each in members),
            "first_sign_s": _distribution([each.first_sign_s for each in members])["p50"],
            "done_s": _distribution(
                [each.done_s for each in members if each.status == "completed"]
            )["p50"],
        }
        for number, members in sorted(buckets.items())
    ]
