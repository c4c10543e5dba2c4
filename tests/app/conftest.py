"""Pages without a browser, over a workbench of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.app import serving
from workbench.service import Workbench


@pytest.fixture
def wb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """The workbench that the pages find: the one of this process."""
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_SIMULATOR_SPEED", "50")
    serving.workbench.cache_clear()
    wb = serving.workbench()
    yield wb
    wb.close()
    serving.workbench.cache_clear()
