"""A follower that stops reading costs one portion, however large the entries of its run are."""

import asyncio

import orjson
import pytest

from tests.support.logs import start
from workbench.events import Arrival
from workbench.gateway import tails
from workbench.gateway.tails import Tails
from workbench.log.base import Closing
from workbench.log.memory import MemoryLog

IMAGE = 200_000


def run_of_images(log: MemoryLog, count: int) -> str:
    lease = start(log)
    event = orjson.dumps({"type": "response.image", "data": "x" * IMAGE})
    arrivals = [Arrival(n, event) for n in range(count)]
    log.append(lease, arrivals, after=0, closing=Closing(status="completed")).result()
    return lease.run


async def portions(log: MemoryLog, run: str) -> list[list[bytes]]:
    found = []
    async with Tails(log).reader(run, 0, heartbeat_s=60) as reader:
        while batch := await reader.next():
            found.append(batch)
    return found


@pytest.mark.parametrize("count", [3, 40, 200])
def test_large_entries_come_in_small_portions_and_all_of_them(count: int) -> None:
    """From the window of the newest and, with 200, from the log before it."""
    log = MemoryLog()
    found = asyncio.run(portions(log, run_of_images(log, count)))
    assert max(sum(map(len, batch)) for batch in found) <= tails.PORTION_BYTES
    cursors = [orjson.loads(entry)["cursor"] for batch in found for entry in batch]
    assert cursors == list(range(1, count + 1))


def test_an_entry_larger_than_a_portion_comes_alone() -> None:
    log = MemoryLog()
    lease = start(log)
    sizes = (10, 2 * tails.PORTION_BYTES, 10)
    arrivals = [Arrival(0, orjson.dumps({"type": "x", "pad": "x" * size})) for size in sizes]
    log.append(lease, arrivals, after=0, closing=Closing(status="completed")).result()
    found = asyncio.run(portions(log, lease.run))
    assert [len(batch) for batch in found] == [1, 1, 1]


def test_a_window_holds_no_more_than_it_may_of_large_entries() -> None:
    log = MemoryLog()
    run = run_of_images(log, 400)

    async def held() -> int:
        shared = Tails(log)
        async with shared.reader(run, 0, heartbeat_s=60) as reader:
            while await reader.next():
                pass
            return sum(map(len, shared._tails[run].entries))  # what memory holds has no other door

    assert asyncio.run(held()) <= 2 * tails.WINDOW_BYTES
