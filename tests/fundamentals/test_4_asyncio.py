"""Everything has an async way."""

import asyncio
from pathlib import Path

from tests.support.benches import open_bench


def test_an_async_program_awaits_a_run(tmp_path: Path) -> None:
    async def main() -> None:
        async with open_bench(tmp_path) as wb:
            run = await wb.astart("Plan a week in Lisbon")
            assert (await run) is run
            assert run.status == "completed"
            assert await run is run

    asyncio.run(main())


def test_an_async_program_follows_many_runs_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with open_bench(tmp_path) as wb:
            runs = [await wb.astart("Plan a week in Lisbon", seed=seed) for seed in range(5)]

            async def read(index: int) -> list[int]:
                return [entry.cursor async for entry in runs[index].afollow(after=index)]

            seen = await asyncio.gather(*(read(index) for index in range(5)))

        for index, cursors in enumerate(seen):
            assert cursors == list(range(index + 1, cursors[-1] + 1))

    asyncio.run(main())
