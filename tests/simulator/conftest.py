"""A simulator for tests that speak to it over a socket."""

from collections.abc import Iterator

import pytest

from workbench.simulator.server import Simulator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Fast enough for a test, slow enough to be interrupted."""
    with Simulator(speed=50) as running:
        yield running
