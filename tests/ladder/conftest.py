from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.benches import open_bench
from workbench import Workbench
from workbench.log.memory import MemoryLog


@pytest.fixture
def wb(tmp_path: Path) -> Iterator[Workbench]:
    """A real runner over a simulator that is as fast as it can be, with little patience."""
    with open_bench(
        tmp_path,
        log=MemoryLog(),
        simulator_speed=0.0,
        idle_s=2.0,
        headers_s=3.0,
        lost_after_s=3.0,
        openai_api_key="any",
        chat_api_key="any",
    ) as bench:
        yield bench
