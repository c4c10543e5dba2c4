"""A store that fails does not stop a generation; what gathered meanwhile is written later."""

from pathlib import Path
from typing import cast

import pytest

from tests.support.benches import open_bench
from tests.support.flaky_log import FlakyLog
from tests.support.truths import assert_true_to_the_provider
from tests.support.waiting import wait_until
from workbench.errors import LogUnavailable, RunGone
from workbench.log.base import Log
from workbench.log.disk import DiskLog
from workbench.log.standby import StandbyLog


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


def test_a_run_that_cannot_be_stored_goes_on_in_memory_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = FlakyLog()
    log.is_away = True
    with open_bench(tmp_path, log=cast("Log", log)) as wb:
        run = wb.start("Go", scenario="short", speed=2, faults="cut@event:20")
        wait_until(lambda: wb.runner.unlogged == [run.id], "the runner says so")
        first = next(iter(wb.run(run.id).follow(after=1)))
        wait_until(lambda: run.text, "some text")
        wb.disturb(run.id, "cut")
        run.wait(20)

        assert first.event["type"] == "workbench.unlogged"
        assert first.event["reason"] == run.unlogged == "the store does not answer"
        assert run.to_dict()["unlogged"] == run.to_row()["unlogged"] == run.unlogged
        assert f"{run.id} is kept in memory only" in caplog.text
        assert run.status == "completed"
        assert run.seams().holds
        assert_true_to_the_provider(wb, run)

        log.is_away = False
        stored = wb.start("Go", scenario="short").wait(20)
        assert stored.unlogged is None
        assert wb.runs() == [stored, run]
        assert [info.id for info in log.runs()] == [stored.id], "nothing is written later"
        wb.delete(run.id)
        with pytest.raises(RunGone):
            wb.run(run.id)


def test_a_run_in_memory_is_cancelled_like_any_other(tmp_path: Path) -> None:
    log = FlakyLog()
    log.is_away = True
    with open_bench(tmp_path, log=cast("Log", log)) as wb:
        run = wb.start("Go", scenario="short", speed=0.5)
        wait_until(lambda: run.text, "some text")
        run.cancel()
        assert run.wait(20).status == "cancelled"


@pytest.mark.parametrize(("runner", "key"), [(True, "once"), (False, None)])
def test_what_memory_cannot_promise_is_refused(
    tmp_path: Path, runner: bool, key: str | None
) -> None:
    """Whether a key is taken cannot be known, and nobody else could carry what is only here."""
    log = FlakyLog()
    log.is_away = True
    with (
        open_bench(tmp_path, log=cast("Log", log), runner=runner) as wb,
        pytest.raises(LogUnavailable),
    ):
        wb.start("Go", scenario="short", key=key)


def test_a_disk_that_takes_nothing_more_stops_no_generation(tmp_path: Path) -> None:
    with open_bench(tmp_path) as wb:
        disk = cast("DiskLog", cast("StandbyLog", wb.log).store)
        disk.store._writer.execute("PRAGMA query_only = on")
        run = wb.start("Go", scenario="short").wait(20)
        assert (run.status, run.seams().holds) == ("completed", True)
        assert "not writable" in str(run.unlogged)
        disk.store._writer.execute("PRAGMA query_only = off")
    with open_bench(tmp_path, runner=False) as later:
        assert later.runs() == []
