"""One per process: bounded, fair, and ready to let go."""

from pathlib import Path

from tests.support.benches import open_bench
from tests.support.waiting import wait_until


def test_no_more_runs_are_carried_at_once_than_the_setting_says(tmp_path: Path) -> None:
    with open_bench(tmp_path, concurrency=2) as wb:
        runs = [wb.start("Go", scenario="short", speed=20, seed=seed) for seed in range(6)]
        most = 0
        while not all(run.is_ended for run in runs):
            most = max(most, len(wb.runner.carried))

        assert most == 2
        assert {run.status for run in runs} == {"completed"}


def test_a_closing_process_lets_a_foreground_run_end_first(tmp_path: Path) -> None:
    with open_bench(tmp_path, drain_s=20.0) as wb:
        run = wb.start("Go", scenario="short", transport="stream", speed=5)
        wait_until(lambda: run.text, "some text")
    with open_bench(tmp_path, runner=False) as wb:
        assert wb.run(run.id).status == "completed"


def test_a_foreground_run_that_cannot_end_in_time_is_interrupted_not_lost(tmp_path: Path) -> None:
    with open_bench(tmp_path, drain_s=0.0) as wb:
        run = wb.start("Go", scenario="short", transport="stream", speed=1)
        wait_until(lambda: run.text, "some text")
    with open_bench(tmp_path) as wb:
        again = wb.run(run.id).wait(20)

        assert again.status in {"interrupted", "completed", "failed"}
        assert again.text


def test_a_run_nobody_carries_is_taken_up_by_the_next_process(tmp_path: Path) -> None:
    with open_bench(tmp_path, runner=False) as reader:
        waiting = reader.start("Go", scenario="short")
        assert waiting.status == "queued"
    with open_bench(tmp_path) as wb:
        assert wb.run(waiting.id).wait(20).status == "completed"
