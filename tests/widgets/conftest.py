"""A workbench in a folder of its own, and a check that no widget leaves a thread behind."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.benches import open_bench
from tests.support.waiting import wait_until
from workbench import Workbench


@pytest.fixture
def wb(tmp_path: Path) -> Iterator[Workbench]:
    with open_bench(tmp_path) as bench:
        yield bench


def _ours() -> list[str]:
    return [
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith(("feed-", "experiment"))
    ]


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    wait_until(lambda: not _ours(), "the threads of closed widgets have ended")
