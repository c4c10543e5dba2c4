"""How a measurement is made: both sides in turns, several rounds, the median of the ratios.

Absolute times of a shared machine are noise, so a row is a ratio, with the spread of its rounds.
"""

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from workbench.settings import Settings

__all__ = [
    "ROUNDS",
    "Benchmark",
    "Row",
    "alternate",
    "bounded",
    "folder",
    "row",
    "settings_for",
    "table",
    "timed",
]

ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: what we take, what they take, and how that compares."""

    name: str
    against: str
    unit: str
    ours: float
    theirs: float
    ratio: float
    spread: tuple[float, float]  # the lowest and the highest ratio of all rounds
    target: str
    reached: bool

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


# A benchmark measures at a scale between 0 and 1; small scales are for trying whether it runs.
Benchmark = Callable[[float], list[Row]]


def timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def alternate(
    ours: Callable[[], float], theirs: Callable[[], float], rounds: int = ROUNDS
) -> list[tuple[float, float]]:
    return [(ours(), theirs()) for _ in range(rounds)]


def row(
    name: str,
    against: str,
    pairs: list[tuple[float, float]],
    *,
    unit: str,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Row:
    """A row from the times of both sides. With `at_least` the ratio is our speed over theirs,
    with `at_most` it is our time over theirs."""
    faster = at_least is not None
    ratios = sorted(theirs / ours if faster else ours / theirs for ours, theirs in pairs)
    ratio = statistics.median(ratios)
    bound = at_least if at_least is not None else at_most
    assert bound is not None, "a row has a target"
    return Row(
        name=name,
        against=against,
        unit=unit,
        ours=round(statistics.median(ours for ours, _ in pairs), 3),
        theirs=round(statistics.median(theirs for _, theirs in pairs), 3),
        ratio=round(ratio, 2),
        spread=(round(ratios[0], 2), round(ratios[-1], 2)),
        target=f"{'>=' if faster else '<='} {bound:g}",
        reached=ratio >= bound if faster else ratio <= bound,
    )


@contextmanager
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="workbench-bench-", ignore_cleanup_errors=True) as path:
        yield Path(path)


def settings_for(folder: Path, provider_url: str, **changes: Any) -> Settings:
    """Of a workbench whose provider is ours, whatever the environment says."""
    given = {"openai_api_key": "none", "openai_base_url": provider_url, "data": folder}
    return Settings(**{"_env_file": None, **given, **changes})


def bounded(name: str, bound: float, measured: Sequence[float], *, unit: str) -> Row:
    """A row for what must stay below a bound, round by round."""
    pairs = [(one, bound) for one in measured]
    return row(name, f"{bound:g} {unit}", pairs, unit=unit, at_most=1.0)


def table(rows: list[Row]) -> str:
    lines = [
        (
            one.name,
            one.against,
            f"{one.ratio:g}x",
            f"{one.spread[0]:g}-{one.spread[1]:g}",
            one.target,
            "yes" if one.reached else "NO",
            f"{one.ours:g} / {one.theirs:g} {one.unit}",
        )
        for one in rows
    ]
    head = ("what", "against", "ratio", "spread", "target", "reached", "ours / theirs")
    widths = [max(len(line[n]) for line in [head, *lines]) for n in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [head, *lines]
    )
