"""A workbench whose runs are written by hand: what the lab needs of one, and nothing else."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.metrics.handmade import HandMade
from workbench.events import Entry, Fact, Status
from workbench.log.base import Log
from workbench.log.memory import MemoryLog

Script = Callable[[Mapping[str, Any]], HandMade]


class ScriptedRun:
    def __init__(self, run_id: str, made: HandMade) -> None:
        self.id = run_id
        self._entries = made.entries
        self.cancelled = False

    @property
    def status(self) -> Status:
        last: str = self._entries[-1].event["type"]
        status = last.removeprefix(Fact.RUN_ENDED)
        return status if status != last else "in_progress"  # type: ignore[return-value]

    def entries(self, after: int = 0) -> list[Entry]:
        return self._entries[after:]

    def wait(self, timeout: float | None = None) -> None:
        if self.status == "in_progress":
            raise TimeoutError(timeout)

    def cancel(self) -> None:
        self.cancelled = True


class ScriptedWorkbench:
    def __init__(self, script: Script) -> None:
        self._script = script
        self.log: Log = MemoryLog()
        self.started: list[dict[str, Any]] = []
        self.runs: list[ScriptedRun] = []

    def start(self, input: str | list[dict[str, Any]], **options: Any) -> ScriptedRun:  # noqa: A002 - the public name
        self.started.append({"input": input, **options})
        run = ScriptedRun(f"run_{len(self.started)}", self._script(options))
        self.runs.append(run)
        return run
