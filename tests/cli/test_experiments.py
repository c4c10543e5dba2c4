"""`workbench compare`, `lab` and `replay`: data on stdout, a sentence on failure, an exit code."""

import json
import shlex
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.support.benches import open_bench
from tests.support.command import Shell, interrupt
from tests.support.waiting import wait_until

CLIENTS = Path(__file__).parents[1] / "lab" / "clients.py"


def test_a_comparison_draws_its_lanes_and_keeps_its_runs(shell: Shell) -> None:
    done = shell.run(
        "compare", "Say it", "--scenario", "short", "--repeat", 2, "--warmup", 0,
        "--transport", "stream", "--transport", "sync",
    ).checked()  # fmt: skip
    assert "first words" in done.stdout
    assert done.stdout.splitlines()[1].startswith("stream")
    assert len(shell.json("runs")) == 4


def test_a_comparison_prints_one_object_as_json(shell: Shell) -> None:
    found = shell.json(
        "compare", "Say it", "--scenario", "short", "--repeat", 1, "--warmup", 0, "--wpm", 400
    )
    assert found["words_per_minute"] == 400
    assert [lane["label"] for lane in found["lanes"]] == ["stream", "sync", "background", "poll"]
    assert found["lanes"][1]["metrics"]["first_text_s"] is None
    assert found["drawing"]["until_s"] > 0


def test_the_lab_passes_and_says_so_everywhere(shell: Shell) -> None:
    junit = shell.folder / "lab.xml"
    found = shell.json(
        "lab", "--scenario", "short", "--fault", "cut@event:10", "--fault", "none",
        "--transport", "background", "--junit", junit,
    )  # fmt: skip
    assert found["ok"] is True
    assert found["counts"] == {"pass": 2, "fail": 0, "unknown": 0}
    assert ET.parse(junit).getroot().get("tests") == "2"
    assert shell.json("runs") == []


def test_a_cell_that_did_not_pass_exits_with_1_and_can_be_run_again_as_told(shell: Shell) -> None:
    first = shell.run("lab", "--fault", "cut@event:100000", "--transport", "background", "--json")
    assert first.code == 1
    (result,) = json.loads(first.stdout)["results"]
    again = shell.run(*shlex.split(result["command"])[1:], "--json")
    assert again.code == 1
    assert json.loads(again.stdout)["results"][0]["reasons"] == result["reasons"]


def test_the_lab_judges_a_foreign_client(shell: Shell) -> None:
    command = f"{sys.executable} {CLIENTS} naive {{base_url}}"
    done = shell.run("lab", "--client", command, "--fault", "end@event:60")
    assert done.code == 1
    assert "characters and called it success" in done.stdout


def test_the_lab_spends_no_money_unasked(shell: Shell) -> None:
    done = shell.run("lab", "--provider", "openai", "--model", "some-model")
    assert done.code == 2
    assert "nothing was started" in done.stderr
    assert done.stdout == ""


def test_wrong_words_are_refused_in_a_sentence(shell: Shell) -> None:
    for arguments, sentence in (
        (("lab", "--fault", "explode"), "unknown fault 'explode'"),
        (("lab", "--scenario", "nonesuch"), "is no scenario"),
        (("lab", "--client", "x", "--provider", "openai"), "one at a time"),
        (("compare", "x", "--transport", "pigeon"), "is no transport"),
    ):
        done = shell.run(*arguments)
        assert done.code == 2
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr


def test_a_replay_tells_the_run_again(shell: Shell) -> None:
    said = shell.run("run", "Say it", "--scenario", "short").checked()
    assert shell.run("replay", "last", "--speed", 0).checked().stdout == said.stdout
    lines = shell.run("replay", "last", "--speed", 0, "--after", 2, "--until", 5, "--json").stdout
    assert [json.loads(line)["cursor"] for line in lines.splitlines()] == [3, 4, 5]
    wrong = shell.run("replay", "last", "--after", 5, "--until", 2)
    assert wrong.code == 2
    assert "goes forward" in wrong.stderr


def test_ctrl_c_stops_the_runs_of_a_comparison(shell: Shell) -> None:
    with (
        open_bench(shell.folder, runner=False) as wb,
        shell.running("compare", "Say it", "--scenario", "planner", "--speed", "2") as process,
    ):
        wait_until(lambda: any(run.cursor > 5 for run in wb.runs()), "the comparison goes on")
        interrupt(process)

        assert process.wait(20) == 130
        assert [run.status for run in wb.runs()] == ["cancelled"]
