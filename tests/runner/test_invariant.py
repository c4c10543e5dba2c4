"""Exactly once, in order, equal to the provider's final object: for faults nobody chose.

`WORKBENCH_SEEDS=10000 pytest tests/runner/test_invariant.py` checks more of them; a failure
names its seed, and `python -m tests.runner.invariant --first SEED --seeds 1` repeats it.
"""

import os
import threading
from pathlib import Path

import psutil
import pytest

from tests.runner.invariant import BATCH, Verdict, check_seeds

SEEDS = int(os.environ.get("WORKBENCH_SEEDS", "25"))


@pytest.mark.slow
@pytest.mark.timeout(max(180, SEEDS * 5))
def test_every_run_is_what_the_provider_generated_whatever_breaks(tmp_path: Path) -> None:
    verdict = Verdict()
    for first in range(0, SEEDS, BATCH):
        seeds = range(first, min(first + BATCH, SEEDS))
        check_seeds(tmp_path / str(first), seeds, verdict)

    assert verdict.problems == {}
    assert verdict.followers == 2 * SEEDS


def test_a_closed_workbench_leaves_no_thread_and_no_socket_behind(tmp_path: Path) -> None:
    process = psutil.Process()
    check_seeds(tmp_path / "warm", range(2), Verdict())
    threads = set(threading.enumerate())
    sockets = len(process.net_connections())

    check_seeds(tmp_path / "again", range(2, 5), Verdict())

    left = {thread.name for thread in set(threading.enumerate()) - threads}
    assert {name for name in left if not name.startswith("asyncio_")} == set()
    assert len(process.net_connections()) <= sockets
