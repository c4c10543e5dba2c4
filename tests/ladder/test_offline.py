"""A network that goes away and comes back: the stream goes on where it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.benches import open_bench
from tests.support.outcomes import causes, facts, modes
from tests.support.waiting import wait_until
from workbench import Workbench
from workbench.log.memory import MemoryLog
from workbench.service import Run
from workbench.simulator.server import Simulator

# So that the response is far from its end when the network is back.
SLOWLY = 8


def streaming(wb: Workbench, **options: Any) -> Run:
    run = wb.start("Go", **options)
    wait_until(lambda: run.cursor > 40, "the stream to be under way")
    return run


def assert_only_resumed(run: Run) -> None:
    assert set(modes(run)[1:]) == {"resume"}
    report = run.seams()
    assert (run.status, report.holds, report.duplicates) == ("completed", True, 0)
    assert not facts(run, "gap")
    assert not facts(run, "filled")


@pytest.fixture
def wb(tmp_path: Path) -> Iterator[Workbench]:
    with open_bench(tmp_path, log=MemoryLog(), openai_api_key="any") as bench:
        yield bench


def test_24_offline_for_a_while_is_no_sign_against_the_stream(wb: Workbench) -> None:
    """Every connection is reset at once, more often than resumes may bring nothing."""
    run = streaming(wb, scenario="planner", speed=SLOWLY)
    run.disturb("offline 4s")
    run.wait(60)

    assert causes(run).count("reset") > 3
    assert_only_resumed(run)


def test_24_a_provider_that_is_back_is_met_within_seconds(tmp_path: Path, wb: Workbench) -> None:
    """Nobody listens at all, until somebody does again at the same address."""
    with Simulator(folder=tmp_path / "sim") as simulator:
        base_url = simulator.base_url
        metadata = {"speed": str(SLOWLY)}
        run = streaming(
            wb, provider="openai", base_url=base_url, model="sim:planner", metadata=metadata
        )
    wait_until(lambda: causes(run).count("connect") > 5, "attempts that meet nobody", timeout_s=30)
    with Simulator(port=urlsplit(base_url).port or 0, folder=tmp_path / "sim"):
        met = run.cursor
        wait_until(lambda: run.cursor > met + 20, "the stream to go on", timeout_s=6)
        run.wait(60)

    assert_only_resumed(run)
