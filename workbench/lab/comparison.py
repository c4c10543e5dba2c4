"""What a comparison measured: samples by lane, their medians, a table, a frame, a drawing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.events import Status, Transport
from workbench.metrics import METRICS, Metrics
from workbench.metrics.percentiles import METHOD, percentile
from workbench.metrics.reader import ReaderClock
from workbench.views import comparison as drawing, static_html

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "Comparison", "Lane", "Sample", "Spread"]

# What the table shows of every lane; everything else is in `to_dict` and `to_frame`.
COLUMNS = (
    "first_sign_s",
    "first_text_s",
    "done_s",
    "text_gap_p50_s",
    "answer_tokens_per_s",
    "requests",
    "bytes_received",
)

# A connection that breaks is got over by these; with the others what was not received is lost.
RESUMABLE: frozenset[Transport] = frozenset({"background", "poll"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One thing that is compared: a transport, possibly with a provider and a model."""

    label: str
    transport: Transport
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of one lane; `failure` says why it is not averaged in."""

    lane: str
    round: int  # from 1; warm-ups have 0 and less
    run: str
    status: Status
    failure: str | None
    metrics: Metrics
    reader: ReaderClock | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "lane": self.lane,
            "round": self.round,
            "run": self.run,
            "status": self.status,
            "failure": self.failure,
            "metrics": self.metrics.to_dict(),
            "reader": self.reader.to_dict() if self.reader else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median of one metric over the samples that have it, and how far they lie apart."""

    median: float
    lowest: float
    highest: float
    samples: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "median": self.median,
            "lowest": self.lowest,
            "highest": self.highest,
            "samples": self.samples,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    prompt: str
    seed: int
    words_per_minute: float
    lanes: tuple[Lane, ...]
    samples: tuple[Sample, ...]
    warmups: tuple[Sample, ...]

    def of(self, label: str) -> list[Sample]:
        """The completed samples of a lane."""
        return [s for s in self.samples if s.lane == label and s.failure is None]

    def failures(self, label: str) -> dict[str, int]:
        """How many runs of a lane did not complete, by reason."""
        found = Counter(s.failure for s in self.samples if s.lane == label and s.failure)
        return {str(reason): count for reason, count in sorted(found.items(), key=str)}

    def spread(self, label: str, metric: str) -> Spread | None:
        """One metric over the completed samples of a lane; None where none has it."""
        return _spread([sample.metrics[metric] for sample in self.of(label)])

    def reader(self, label: str) -> dict[str, float] | None:
        """Medians of the reader's clock of a lane."""
        clocks = [sample.reader.to_dict() for sample in self.of(label) if sample.reader]
        if not clocks:
            return None
        return {name: _median([clock[name] for clock in clocks]) for name in clocks[0]}

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: the lanes with their medians, every sample, and the drawing."""
        return {
            "prompt": self.prompt,
            "seed": self.seed,
            "words_per_minute": self.words_per_minute,
            "percentiles": METHOD,
            "lanes": [self._lane(lane) for lane in self.lanes],
            "samples": [sample.to_dict() for sample in self.samples],
            "warmups": [sample.to_dict() for sample in self.warmups],
            "drawing": self.drawing(),
        }

    def _lane(self, lane: Lane) -> dict[str, Any]:
        spreads = {name: self.spread(lane.label, name) for name in METRICS}
        return {
            "label": lane.label,
            "transport": lane.transport,
            "options": dict(lane.options),
            "resumable": lane.transport in RESUMABLE,
            "completed": len(self.of(lane.label)),
            "failures": self.failures(lane.label),
            "metrics": {name: s.to_dict() if s else None for name, s in spreads.items()},
            "reader": self.reader(lane.label),
        }

    def to_frame(self) -> "pd.DataFrame":
        """One row per sample, failures included and marked, warm-ups not."""
        import pandas as pd

        rows = [
            {
                "lane": sample.lane,
                "round": sample.round,
                "run": sample.run,
                "status": sample.status,
                "failure": sample.failure,
                **sample.metrics,
                "reader_done_s": sample.reader.ends_s if sample.reader else None,
            }
            for sample in self.samples
        ]
        return pd.DataFrame(rows)

    def drawing(self) -> dict[str, Any]:
        """What a screen draws: one lane per transport, seconds from the request on."""
        lanes = []
        for lane in self.lanes:
            names = ("first_sign_s", "first_reasoning_s", "first_text_s", "done_s")
            moments = {name: self.spread(lane.label, name) for name in names}
            lanes.append(
                drawing.lane(
                    label=lane.label,
                    transport=lane.transport,
                    moments={name: s.median if s else None for name, s in moments.items()},
                    reader=self.reader(lane.label),
                    completed=len(self.of(lane.label)),
                    failed=sum(self.failures(lane.label).values()),
                )
            )
        return drawing.drawing(lanes, words_per_minute=self.words_per_minute)

    def timeline(self, width: int = 78) -> str:
        """The drawing as text."""
        return drawing.text(self.drawing(), width=width)

    def table(self) -> list[dict[str, Any]]:
        """One row per lane: the medians that matter most, null where there is no such moment."""
        rows = []
        for lane in self.lanes:
            spreads = {name: self.spread(lane.label, name) for name in COLUMNS}
            reader = self.reader(lane.label)
            rows.append(
                {
                    "lane": lane.label,
                    **{name: s.median if s else None for name, s in spreads.items()},
                    "reader_done_s": reader["ends_s"] if reader else None,
                    "resumable": lane.transport in RESUMABLE,
                    "completed": len(self.of(lane.label)),
                    "failed": sum(self.failures(lane.label).values()),
                }
            )
        return rows

    def __str__(self) -> str:
        return self.timeline()

    def __repr__(self) -> str:
        lanes = ", ".join(f"{lane.label}: {len(self.of(lane.label))}" for lane in self.lanes)
        return f"<Comparison of completed runs: {lanes}>"

    def _repr_html_(self) -> str:
        return static_html.comparison(self.table(), self.timeline())


def _spread(values: Sequence[float | int | None]) -> Spread | None:
    known = [float(value) for value in values if value is not None]
    if not known:
        return None
    return Spread(median=_median(known), lowest=min(known), highest=max(known), samples=len(known))


def _median(values: Sequence[float]) -> float:
    median = percentile(values, 0.5)
    assert median is not None
    return median
