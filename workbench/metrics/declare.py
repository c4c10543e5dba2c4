"""One declaration per metric: its name, title, unit, formula, what it excludes, what null means.

The name is the function's name and the formula its docstring, so that a screen, the
documentation and the code cannot disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from workbench.metrics.trace import Trace

__all__ = ["GROUPS", "METRICS", "Metric", "Sampled", "Unit", "Value", "metric"]

Unit = Literal["s", "count", "bytes", "characters", "tokens", "words", "1/s", "share"]
Value: TypeAlias = float | int | None

GROUPS = {
    "moments": "Moments, counted from the first request sent",
    "output": "What came out",
    "gaps": "Gaps between events",
    "rates": "Rates",
    "transport": "What the connection cost",
    "reader": "The reader's clock",
}


class Sampled(NamedTuple):
    """A value drawn from samples; `few` when there are too few of them to trust it."""

    value: Value
    samples: int
    few: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    name: str
    title: str
    unit: Unit
    group: str
    formula: str
    excludes: str
    null: str | None  # what it means when the value is null; None when it never is
    measure: Callable[[Trace], "Value | Sampled"]

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "group": self.group,
            "formula": self.formula,
            "excludes": self.excludes,
            "null": self.null,
        }


METRICS: dict[str, Metric] = {}

_Function = Callable[[Trace], "Value | Sampled"]


def metric(
    title: str, *, unit: Unit, group: str, excludes: str = "nothing", null: str | None = None
) -> Callable[[_Function], _Function]:
    """Declare the decorated function as a metric under its own name."""

    def declare(function: _Function) -> _Function:
        name = function.__name__
        formula = " ".join((function.__doc__ or "").split())
        if not formula or name in METRICS or group not in GROUPS:
            raise ValueError(f"metric {name} needs a formula, a name of its own and a known group")
        METRICS[name] = Metric(
            name=name,
            title=title,
            unit=unit,
            group=group,
            formula=formula,
            excludes=excludes,
            null=null,
            measure=function,
        )
        return function

    return declare
