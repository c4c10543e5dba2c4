"""A run in the hands of a runner."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.events import RunInfo
from workbench.log.base import Lease
from workbench.runner.disturb import Disturbance
from workbench.runner.steps import Steps
from workbench.runner.writer import Writer

__all__ = ["Carried"]


@dataclass(slots=True)
class Carried:
    info: RunInfo
    lease: Lease
    steps: Steps
    writer: Writer | None = None
    task: "asyncio.Task[None] | None" = None
    disturbance: Disturbance | None = None
    disturbed: object = None  # the last mark that was obeyed, or that was meant for another runner

    async def heed(self, marks: Mapping[str, Any]) -> None:
        """Do what a button that breaks things asks for, once."""
        wanted = marks.get("disturb")
        if wanted is None or wanted == self.disturbed or self.disturbance is None:
            return
        self.disturbed = wanted
        await self.disturbance.begin(wanted["fault"])
