"""A log on disk for tests that trouble it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.log.disk import DiskLog


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def log(folder: Path) -> Iterator[DiskLog]:
    """It does not wait long for a store that is busy."""
    log = DiskLog(folder, busy_s=0.3)
    yield log
    log.close()
