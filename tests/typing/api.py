"""The public interface as a type checker sees it; never run."""

import asyncio
from collections.abc import Sequence
from typing import Any, assert_type

from workbench import Run, Workbench
from workbench.events import Entry, RunInfo, Status
from workbench.log.base import Log, LogStats
from workbench.log.follow import Follower
from workbench.metrics import Metrics
from workbench.metrics.seams import SeamReport
from workbench.settings import Settings
from workbench.state import RunState, ToolCall

with Workbench("folder", runner=False) as bench:
    assert_type(bench, Workbench)

wb = Workbench(settings=Settings())
assert_type(wb.settings, Settings)
assert_type(wb.log, Log)
failed: list[Run] = wb.runs(status="failed")
page: Sequence[Run] = wb.runs(status=["queued", "failed"], limit=3, before="id")
assert_type(wb.clean(older_than=3600), int)
assert_type(wb.stats(), LogStats)

run = wb.start("Plan a week in Lisbon", provider="simulator", transport="background", key="k")
assert_type(run, Run)
assert_type(wb.run("id"), Run)
assert_type(run.id, str)
assert_type(run.info, RunInfo)
assert_type(run.status, Status)
assert_type(run.cursor, int)
assert_type(run.text, str)
assert_type(run.summaries, list[str])
assert_type(run.tools, list[ToolCall])
assert_type(run.state, RunState)
assert_type(run.error, dict[str, Any] | None)
assert_type(run.raw(1).json, bytes)
assert_type(run.wait(timeout=60), Run)
assert_type(run.entries(after=3), list[Entry])
assert_type(run.metrics(), Metrics)
assert_type(run.seams(), SeamReport)
assert_type(run.to_dict(), dict[str, Any])
run.to_dataframe().groupby("type").size()

for entry in run.follow(after=0):
    assert_type(entry, Entry)
    assert_type(entry.cursor, int)

follower = run.follow()
assert_type(follower, Follower)
follower.close()


async def main() -> None:
    async with Workbench() as bench:
        started = await bench.astart([{"role": "user", "content": "Hello"}], model="sim:short")
        assert_type(await started, Run)
        async for entry in started.afollow(after=2):
            assert_type(entry, Entry)


def several(states: Sequence[Status]) -> list[Run]:
    return wb.runs(status=states)


asyncio.run(main())
