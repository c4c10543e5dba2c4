"""A workbench for the tutorial: a folder of its own and a simulator that hurries."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.benches import open_bench
from workbench import Workbench


@pytest.fixture
def wb(tmp_path: Path) -> Iterator[Workbench]:
    with open_bench(tmp_path) as bench:
        yield bench
