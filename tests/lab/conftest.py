from collections.abc import Iterator

import pytest

from workbench.lab.lab import Lab
from workbench.log.memory import MemoryLog
from workbench.service.workbench import Workbench
from workbench.settings import load_settings
from workbench.simulator.server import Simulator


@pytest.fixture(scope="module")
def workbench() -> Iterator[Workbench]:
    """A workbench that polls often, over a log in memory."""
    with Workbench(log=MemoryLog(), settings=load_settings(poll_s=0.1)) as made:
        yield made


@pytest.fixture(scope="module")
def lab(workbench: Workbench) -> Iterator[Lab]:
    with Simulator() as simulator:
        made = Lab(workbench, simulator.base_url, seed=1, speed=100, offline_s=0.3)
        yield made
        made.close()
