"""What followers share, when it breaks."""

import asyncio
from typing import Any

import pytest

from tests.support.logs import arrivals, start
from workbench.errors import LogUnavailable
from workbench.gateway.tails import Tails
from workbench.log.memory import MemoryLog


class BrokenLog:
    """Delegates everything; whoever reads meets an error that nobody foresaw."""

    def __init__(self) -> None:
        self._log = MemoryLog()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def read_raw(self, *_args: object, **_options: object) -> list[bytes]:
        raise ZeroDivisionError


def test_no_follower_waits_for_a_tail_that_can_read_no_more() -> None:
    log = BrokenLog()
    lease = start(log)
    log.append(lease, arrivals(3), after=0).result()

    async def follow() -> None:
        async with Tails(log).reader(lease.run, 0, heartbeat_s=60) as reader:
            await asyncio.wait_for(reader.next(), timeout=10)

    with pytest.raises(LogUnavailable, match="ZeroDivisionError"):
        asyncio.run(follow())
