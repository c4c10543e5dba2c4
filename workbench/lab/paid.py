"""The lab against a real provider: the same faults, put between us and its base URL.

It costs money, so it says how many generations it will start, where, and asks first. The
provider's own account is not to be had; the seam report and its final object judge.
"""

import shlex
import time
from collections.abc import Callable, Sequence
from typing import Any

from workbench.errors import InvalidSetting
from workbench.events import Entry, Transport
from workbench.lab.base import Progress, WorkbenchLike
from workbench.lab.cells import Cell, promise
from workbench.lab.judge import Evidence
from workbench.lab.readings import read
from workbench.lab.report import CellResult, LabReport, result_of
from workbench.metrics.trace import trace_of
from workbench.simulator.faults import parse
from workbench.simulator.proxy import FaultProxy

__all__ = ["PAID_FAULTS", "paid_cells", "question", "run_paid_lab"]

PROMPT = "Explain in about 150 words what a cursor is, and why a stream needs one."
BOUND_S = 300.0

# Each is one generation: few, and each of another family.
PAID_FAULTS = (
    "none",
    "cut@event:20",
    "reset@event:40",
    "end@event:30",
    "stall@event:25",
    "offline(2s)@event:20",
    "duplicate@event:15",
    "gap@event:15",
    "split(7)",
)


def paid_cells(
    label: str,
    faults: Sequence[str] = PAID_FAULTS,
    transports: Sequence[Transport] = ("background",),
) -> list[Cell]:
    """One cell per fault and transport; the provider's answer is the scenario."""
    for text in faults:
        if text != "none":
            parse(text)
    return [
        Cell(scenario=label, faults=text, transport=transport)
        for text in faults
        for transport in transports
    ]


def question(cells: Sequence[Cell], base_url: str, model: str | None) -> str:
    """What is asked before anything is sent."""
    which = f" with {model}" if model else ""
    many = "one generation" if len(cells) == 1 else f"{len(cells)} generations"
    return f"This starts {many} at {base_url}{which}. They cost money. Go on?"


def run_paid_lab(
    workbench: WorkbenchLike,
    cells: Sequence[Cell],
    *,
    provider: str,
    base_url: str,
    model: str | None = None,
    prompt: str = PROMPT,
    confirm: Callable[[str], bool],
    seed: int = 0,
    bound_s: float = BOUND_S,
    progress: Progress | None = None,
    **options: Any,
) -> LabReport:
    """Run the cells one after another, each through a proxy of its own that applies its fault."""
    if not confirm(question(cells, base_url, model)):
        raise InvalidSetting("nothing was started: the lab at a real provider was not agreed to")
    began = time.monotonic()
    results = []
    for number, cell in enumerate(cells, start=1):
        with FaultProxy(base_url, cell.fault_text) as proxy:
            asked = {"provider": provider, "base_url": proxy.base_url, "model": model, **options}
            again = _command(cell, provider, base_url, model)
            result = _cell(
                workbench, cell, prompt, asked, command=again, seed=seed, bound_s=bound_s
            )
        results.append(result)
        if progress:
            progress(number, len(cells), f"{cell.name}: {result.verdict}")
    return LabReport(results=tuple(results), seed=seed, speed=1.0, seconds=time.monotonic() - began)


def _cell(
    workbench: WorkbenchLike,
    cell: Cell,
    prompt: str,
    asked: dict[str, Any],
    *,
    command: str,
    seed: int,
    bound_s: float,
) -> CellResult:
    began = time.monotonic()
    run = workbench.start(prompt, transport=cell.transport, **asked)
    misread = read(cell.reading, workbench.log, run, seed=seed, offline_s=2.0, timeout_s=bound_s)
    try:
        run.wait(max(began + bound_s - time.monotonic(), 0.01))
    except TimeoutError:
        run.cancel()
    entries = run.entries()
    evidence = Evidence(
        cell=cell,
        promise=promise(cell),
        entries=entries,
        seconds=time.monotonic() - began,
        bound_s=bound_s,
        creates=_creates(entries),
        misread=misread,
    )
    return result_of(evidence, run=run.id, command=command)


def _command(cell: Cell, provider: str, base_url: str, model: str | None) -> str:
    """What runs this cell again, at the same place and not at the proxy's, which is gone."""
    words = ["workbench", "lab", "--provider", provider, "--base-url", base_url,
             "--fault", cell.faults, "--transport", cell.transport]  # fmt: skip
    return shlex.join([*words, "--model", model] if model else words)


def _creates(entries: Sequence[Entry]) -> int:
    """How many requests for a generation were accepted, by the run's own account."""
    return sum(
        attempt.mode in {"create", "restart"}
        and attempt.connected_at is not None
        and (attempt.status or 200) < 400
        for attempt in trace_of(entries).attempts
    )
