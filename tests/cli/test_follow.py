"""`workbench follow`, `runs`, `show` and `cancel`: reading what others carry."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.support.benches import open_bench
from tests.support.command import Shell, interrupt
from tests.support.waiting import wait_until


def test_following_as_json_prints_one_entry_a_line(shell: Shell) -> None:
    with open_bench(shell.folder) as wb:
        run = wb.start("Say it", scenario="short").wait(20)
        entries = [entry._asdict() for entry in run.entries()]

    lines = shell.run("follow", run.id, "--json").checked().stdout.splitlines()
    later = shell.run("follow", "last", "--after", 100, "--json").checked().stdout.splitlines()

    assert [json.loads(line) for line in lines] == entries
    assert [json.loads(line) for line in later] == entries[100:]


def test_following_after_a_cursor_prints_only_the_text_that_is_new(shell: Shell) -> None:
    with open_bench(shell.folder) as wb:
        run = wb.start("Say it", scenario="short").wait(20)
        before = "".join(e.event.get("delta", "") for e in run.entries()[:60]
                         if e.event["type"] == "response.output_text.delta")  # fmt: skip
        text = run.text

    done = shell.run("follow", run.id, "--after", 60).checked()

    assert before
    assert before + done.stdout == text.rstrip("\n") + "\n"


def test_following_takes_over_a_run_that_nobody_carries(shell: Shell) -> None:
    with open_bench(shell.folder, runner=False) as wb:
        run = wb.start("Say it", scenario="short")

        done = shell.run("follow", run.id).checked()

        assert done.stdout == run.text.rstrip("\n") + "\n"
        assert run.status == "completed"


def test_ctrl_c_ends_the_following_alone(shell: Shell) -> None:
    with open_bench(shell.folder) as wb:
        run = wb.start("Say it", scenario="short", speed=1.5)
        with shell.running("follow", run.id) as process:
            assert process.stdout is not None
            process.stdout.read(5)
            interrupt(process)
            _, said = process.communicate(timeout=20)

        assert process.returncode == 130
        assert f"workbench follow {run.id}" in said
        assert run.wait(20).status == "completed"


def test_following_a_failed_run_exits_with_1(shell: Shell) -> None:
    with open_bench(shell.folder) as wb:
        run = wb.start("Say it", scenario="failed").wait(20)
        text = run.text

    done = shell.run("follow", run.id)

    assert (done.code, done.stdout) == (1, text + "\n")


def test_runs_are_an_array_of_the_short_form(shell: Shell) -> None:
    assert shell.json("runs") == []
    with open_bench(shell.folder) as wb:
        for scenario in ("short", "failed"):
            wb.start(f"Say it\t{scenario}", scenario=scenario).wait(20)
        rows = [run.to_row() for run in wb.runs()]

    assert shell.json("runs") == rows
    assert shell.json("runs", "--status", "failed") == rows[:1]
    assert shell.json("runs", "--limit", 1, "--before", rows[0]["id"]) == rows[1:]
    lines = shell.run("runs").checked().stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == [row["id"] for row in rows]
    assert {len(line.split("\t")) for line in lines} == {7}


def test_show_prints_text_clocks_and_seams(shell: Shell) -> None:
    with open_bench(shell.folder) as wb:
        run = wb.start("Say it", scenario="short", faults="cut@event:30").wait(20)
        text = run.text

    shown = shell.run("show", run.id).checked().stdout

    assert text.strip() in shown
    assert "Time to first text" in shown
    assert "Exactly once, in order, equal to the provider's final object." in shown
    assert "attempt 1 broke at cursor" in shown


def test_cancel_stops_a_run_that_another_process_carries(shell: Shell) -> None:
    with open_bench(shell.folder) as wb:
        run = wb.start("Say it", scenario="planner", speed=2)
        wait_until(lambda: run.cursor > 10, "the run goes on")

        assert shell.run("cancel", run.id).checked().stdout == "cancelled\n"
        assert shell.run("cancel", run.id, "--json").checked().stdout.startswith('{"id":')
        assert run.status == "cancelled"
        again = shell.run("cancel", run.id).checked()
        assert (again.stdout, again.code) == ("cancelled\n", 0)
        assert "had already ended; there was nothing to stop" in again.stderr


def test_cancel_ends_a_run_that_nobody_carries(shell: Shell) -> None:
    with open_bench(shell.folder, runner=False) as wb:
        run = wb.start("Say it", scenario="planner")

        assert shell.run("cancel", run.id).checked().stdout == "cancelled\n"


@pytest.mark.crash
def test_a_watcher_that_is_killed_takes_nothing_with_it(shell: Shell) -> None:
    with shell.running("run", "Say it", "--scenario", "short", "--speed", "1.5") as process:
        assert process.stdout is not None
        process.stdout.read(5)
        process.kill()
    with open_bench(shell.folder, runner=False) as wb:
        run = wb.runs()[0].wait(20)

        assert run.status == "completed"
        assert run.state.attempt == 1


@pytest.mark.crash
def test_a_carrier_that_is_killed_is_replaced_while_somebody_watches(shell: Shell) -> None:
    with (
        shell.running("run", "Say it", "--scenario", "short", "--speed", "1.5") as process,
        open_bench(shell.folder, runner=False) as wb,
    ):
        assert process.stdout is not None
        first = process.stdout.read(5)
        run = wb.runs()[0]
        os.kill(_carrier(wb.log.holder(run.id)), signal.SIGKILL)

        rest = process.stdout.read()

        assert process.wait(20) == 0
        assert first + rest == run.text.rstrip("\n") + "\n"
        assert run.state.attempt == 2
        assert run.seams().holds is True


def _carrier(holder: tuple[str, float] | None) -> int:
    assert holder is not None
    return int(holder[0].split(":")[1])


def test_a_folder_is_found_by_option_and_by_environment(shell: Shell, tmp_path: Path) -> None:
    with open_bench(tmp_path / "other", runner=False) as wb:
        run = wb.start("Say it")

    assert [row["id"] for row in shell.json("runs", "--data", tmp_path / "other" / "data")] == [
        run.id
    ]
    assert shell.json("runs") == []
