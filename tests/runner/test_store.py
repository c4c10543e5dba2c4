"""A store that fails does not stop a generation; what gathered meanwhile is written later."""

from pathlib import Path
from typing import cast

from tests.support.benches import open_bench
from tests.support.flaky_log import FlakyLog
from tests.support.truths import assert_true_to_the_provider
from tests.support.waiting import wait_until
from workbench.log.base import Log


def test_a_run_goes_on_while_the_store_is_away_and_is_written_when_it_is_back(
    tmp_path: Path,
) -> None:
    log = FlakyLog()
    with open_bench(tmp_path, log=cast("Log", log), lease_s=30.0) as wb:
        run = wb.start("Go", scenario="short", speed=4)
        wait_until(lambda: run.cursor > 10, "some entries")
        log.is_away = True
        wait_until(lambda: log.refused > 2, "appends that failed")
        seen = run.cursor
        wait_until(lambda: wb.runner.unlogged == [run.id], "the runner says so")

        log.is_away = False
        run.wait(20)

        told = [
            entry.event for entry in run.entries() if entry.event["type"] == "workbench.unlogged"
        ]
        assert run.cursor > seen
        assert len(told) == 1
        assert told[0]["entries"] > 0
        assert wb.runner.unlogged == []
        assert_true_to_the_provider(wb, run)


def test_a_slow_store_slows_the_provider_down_instead_of_filling_the_memory(
    tmp_path: Path,
) -> None:
    log = FlakyLog()
    limit_mb = 0.02
    with open_bench(tmp_path, log=cast("Log", log), lease_s=60.0, unwritten_mb=limit_mb) as wb:
        run = wb.start("Go", scenario="huge", speed=100)
        wait_until(lambda: run.cursor > 5, "some entries")
        log.is_away = True
        wait_until(lambda: wb.runner.unwritten_bytes > limit_mb * 2**20, "a full writer")
        held = wb.runner.unwritten_bytes

        log.is_away = False
        run.wait(30)

        # One chunk of the socket may be decoded beyond the limit, whatever the response's size.
        assert held < limit_mb * 2**20 + 3 * 2**20
        assert_true_to_the_provider(wb, run)
