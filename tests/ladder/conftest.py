"""A workbench on which everything goes wrong, quickly."""

from collections.abc import Iterator

import pytest

from tests.support.benches import open_bench
from workbench import Workbench


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with open_bench(tmp_path_factory.mktemp("ladder"), simulator_speed=100) as bench:
        yield bench
