"""The resume lab: every cell a real run over a real socket, judged from outside."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

from workbench.errors import InvalidSetting
from workbench.events import TRANSPORTS, Transport
from workbench.lab.base import Progress, RunLike, WorkbenchLike
from workbench.lab.cells import Cell, Reading, default_cells, matrix, promise
from workbench.lab.judge import Evidence
from workbench.lab.readings import read
from workbench.lab.report import CellResult, LabReport, result_of
from workbench.lab.truth import Truth
from workbench.simulator.scenario import load_all
from workbench.simulator.server import Simulator
from workbench.state import fold

__all__ = ["Lab", "OnResult", "cells_of", "run_lab"]

PROMPT = "What does a cursor mark?"
# Called from several threads, with every result as it comes.
OnResult: TypeAlias = Callable[[CellResult], None]
# Short clocks: a silent connection is to be noticed while somebody watches.
TIMEOUTS = {"connect_s": 5.0, "headers_s": 20.0, "idle_s": 3.0}
# How long a cell may take beyond its scenario: backoff, polling, a busy machine.
GRACE_S = 30.0


def cells_of(
    scenarios: Sequence[str] | None = None,
    faults: Sequence[str] | None = None,
    transports: Sequence[Transport] | None = None,
    readings: Sequence[Reading] | None = None,
    *,
    offline_s: float = 5.0,
) -> list[Cell]:
    """The default matrix, or the cells that the given names span."""
    if scenarios is None and faults is None and transports is None and readings is None:
        return default_cells(offline_s)
    cells = matrix(
        scenarios or ["short"],
        faults or ["none"],
        transports or (TRANSPORTS if readings is None else ["background"]),
        readings or ["fresh"],
        offline_s=offline_s,
    )
    if not cells:
        raise InvalidSetting("these faults befall streams, and these transports have none")
    return cells


def run_lab(
    workbench: WorkbenchLike,
    cells: Sequence[Cell],
    *,
    seed: int = 0,
    speed: float = 50.0,
    offline_s: float = 5.0,
    parallel: int = 12,
    progress: Progress | None = None,
    on_result: OnResult | None = None,
) -> LabReport:
    """Run the cells against a simulator of their own, some at a time; the report keeps order."""
    with Simulator(seed=seed) as simulator:
        lab = Lab(workbench, simulator.base_url, seed=seed, speed=speed, offline_s=offline_s)
        try:
            return lab.run(cells, parallel=parallel, progress=progress, on_result=on_result)
        finally:
            lab.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    run: RunLike
    key: str
    bound_s: float
    began: float


class Lab:
    """Experiments on one simulator."""

    def __init__(
        self,
        workbench: WorkbenchLike,
        base_url: str,
        *,
        seed: int = 0,
        speed: float = 50.0,
        offline_s: float = 5.0,
    ) -> None:
        self._workbench = workbench
        self._base_url = base_url
        self._truth = Truth(base_url)
        self._seed = seed
        self._speed = speed
        self._offline_s = offline_s
        self._scenarios = load_all()
        self._numbers = count(1)

    def close(self) -> None:
        self._truth.close()

    def run(
        self,
        cells: Sequence[Cell],
        *,
        parallel: int = 12,
        progress: Progress | None = None,
        on_result: OnResult | None = None,
    ) -> LabReport:
        began = time.monotonic()
        done = count(1)

        def one(cell: Cell) -> CellResult:
            result = self.cell(cell)
            if on_result:
                on_result(result)
            if progress:
                progress(next(done), len(cells), f"{cell.name}: {result.verdict}")
            return result

        with ThreadPoolExecutor(parallel, thread_name_prefix="lab") as threads:
            results = tuple(threads.map(one, cells))
        return LabReport(
            results=results,
            seed=self._seed,
            speed=self._speed,
            seconds=time.monotonic() - began,
        )

    def cell(self, cell: Cell) -> CellResult:
        """One experiment: start, read, wait, judge."""
        started = self._start(cell)
        run = started.run
        misread = read(
            cell.reading,
            self._workbench.log,
            run,
            seed=self._seed,
            offline_s=self._offline_s,
            timeout_s=started.bound_s,
        )
        try:
            run.wait(max(started.began + started.bound_s - time.monotonic(), 0.01))
        except TimeoutError:
            run.cancel()
        seconds = time.monotonic() - started.began
        entries = run.entries()
        response_id = fold(entries).response_id
        evidence = Evidence(
            cell=cell,
            promise=promise(cell),
            entries=entries,
            seconds=seconds,
            bound_s=started.bound_s,
            truth=self._truth.response(response_id) if response_id else None,
            creates=self._truth.creates().get("by_client_key", {}).get(started.key, 0),
            misread=misread,
        )
        command = cell.command(seed=self._seed, speed=self._speed)
        return result_of(evidence, run=run.id, command=command)

    def _start(self, cell: Cell) -> _Run:
        key = f"lab-{time.monotonic_ns()}-{next(self._numbers)}"
        length = self._scenarios[cell.scenario].duration
        took = length / self._speed if self._speed else 0.0
        waits = self._offline_s if cell.reading == "offline" else 0.0
        began = time.monotonic()
        run = self._workbench.start(
            PROMPT,
            provider="simulator",
            base_url=self._base_url,
            transport=cell.transport,
            scenario=cell.scenario,
            faults=cell.fault_text,
            seed=self._seed,
            speed=self._speed,
            timeouts=TIMEOUTS,
            metadata={"client_key": key},
        )
        return _Run(run=run, key=key, bound_s=took + waits + GRACE_S, began=began)
