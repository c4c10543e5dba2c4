"""Every declared metric of one run."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.events import Entry

# Importing a module declares its metrics.
from workbench.metrics import (  # noqa: F401 - imported for what they declare
    gaps,
    moments,
    output,
    rates,
    reader,
    transport,
)
from workbench.metrics.declare import GROUPS, METRICS, Sampled, Value
from workbench.metrics.otel import otel_attributes
from workbench.metrics.others import other_tools
from workbench.metrics.reader import WORDS_PER_MINUTE, ReaderClock, clock_of
from workbench.metrics.trace import Trace, trace_of

__all__ = ["Metrics", "measure", "measure_trace"]

_ORDERED = sorted(METRICS.values(), key=lambda declared: list(GROUPS).index(declared.group))


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics(Mapping[str, Value]):
    """The values by name; `METRICS[name]` has the title, unit and formula of each."""

    values_by_name: Mapping[str, Value]
    few: frozenset[str]  # percentiles of too few samples
    samples: Mapping[str, int]  # of the percentiles
    trace: Trace

    def __getitem__(self, name: str) -> Value:
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)

    def reader(self, *, words_per_minute: float = WORDS_PER_MINUTE) -> ReaderClock | None:
        """The reader's clock at another reading speed."""
        return clock_of(self.trace, words_per_minute)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: the values, which percentiles have too few samples to be trusted, what
        other tools would say by their own formulas, and what OpenTelemetry calls it."""
        return {
            **self.values_by_name,
            "few_samples": sorted(self.few),
            "others": other_tools(self.trace),
            "otel": otel_attributes(self, self.trace),
        }

    def __repr__(self) -> str:
        known = {name: value for name, value in self.items() if value is not None}
        return f"Metrics({known})"


def measure(entries: Iterable[Entry]) -> Metrics:
    """Measure a run from its entries, ended or not."""
    return measure_trace(trace_of(entries))


def measure_trace(trace: Trace) -> Metrics:
    values: dict[str, Value] = {}
    few, samples = set(), {}
    for declared in _ORDERED:
        name, value = declared.name, declared.measure(trace)
        if isinstance(value, Sampled):
            samples[name] = value.samples
            if value.few and value.value is not None:
                few.add(name)
            value = value.value
        values[name] = value
    return Metrics(values_by_name=values, few=frozenset(few), samples=samples, trace=trace)
