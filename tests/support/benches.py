"""Workbenches for tests: quick simulator, short lease, short patience, no keys from outside."""

from pathlib import Path
from typing import Any

from workbench import Workbench
from workbench.log.base import Log
from workbench.settings import Settings

__all__ = ["bench_settings", "open_bench"]


def bench_settings(**changes: Any) -> Settings:
    quick: dict[str, Any] = {
        "simulator_speed": 100.0,
        "lease_s": 1.0,
        "poll_s": 0.05,
        "idle_s": 5.0,
        "drain_s": 1.0,
        "_env_file": None,
    }
    return Settings(**{**quick, **changes})


def open_bench(
    folder: Path, *, runner: bool = True, log: Log | None = None, **changes: Any
) -> Workbench:
    return Workbench(folder / "data", settings=bench_settings(**changes), runner=runner, log=log)
