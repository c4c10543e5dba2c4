"""`workbench run`: what it prints, and what it leaves to others."""

import json
import re

import pytest

from tests.support.command import Shell, interrupt

SHAPE = (
    "id status provider model transport response_id cursor text summaries tools usage metrics"
    " seams error"
).split()


def test_piped_it_prints_the_text_and_nothing_else(shell: Shell) -> None:
    done = shell.run("run", "Say it", "--scenario", "short").checked()

    shown = shell.json("show", "last")
    assert done.stdout == shown["text"].rstrip("\n") + "\n"
    assert "\x1b" not in done.stdout + done.stderr
    assert shown["status"] == "completed"


def test_json_ends_with_one_object_that_show_prints_too(shell: Shell) -> None:
    done = shell.run("run", "-", "--scenario", "tools", "--json", stdin="Say it").checked()

    last = json.loads(done.stdout.splitlines()[-1])
    assert list(last)[: len(SHAPE)] == SHAPE
    assert last == shell.json("show", last["id"])
    assert last["request"]["input"] == "Say it"
    assert [tool["name"] for tool in last["tools"]] == ["get_weather"]
    assert last["seams"]["holds"] is True


def test_a_failed_run_prints_the_same_object_and_exits_with_1(shell: Shell) -> None:
    done = shell.run("run", "Say it", "--scenario", "failed", "--json")

    last = json.loads(done.stdout)
    assert done.code == 1
    assert list(last)[: len(SHAPE)] == SHAPE
    assert last["status"] == "failed"
    assert last["text"]
    assert last["error"]["message"] in done.stderr


def test_faults_are_got_over_and_told_on_stderr(shell: Shell) -> None:
    done = shell.run(
        "run", "Say it", "--scenario", "short", "--fault", "cut@event:20", "--fault", "503@resume"
    ).checked()

    assert "connection 1 lost" in done.stderr
    assert "Exactly once, in order" in done.stderr


def test_the_same_key_is_the_same_run(shell: Shell) -> None:
    first = shell.json("run", "Say it", "--scenario", "short", "--key", "k1")
    again = shell.json("run", "Say it", "--scenario", "short", "--key", "k1")

    assert again["id"] == first["id"]


def test_detached_it_prints_the_id_and_the_run_goes_on(shell: Shell) -> None:
    run_id = shell.run("run", "Say it", "--scenario", "short", "--detach").checked().stdout.strip()

    shell.wait_for(run_id, "completed")


@pytest.mark.parametrize("transport", ["background", "stream"])
def test_ctrl_c_detaches_and_the_run_goes_on(shell: Shell, transport: str) -> None:
    slow = ("--scenario", "short", "--speed", "1.5", "--transport", transport)
    with shell.running("run", "Say it", *slow) as process:
        assert process.stdout is not None
        process.stdout.read(10)

        interrupt(process)
        _, said = process.communicate(timeout=20)

    assert process.returncode == 130
    run_id = shell.json("runs")[0]["id"]
    assert f"workbench follow {run_id}" in said
    shell.wait_for(run_id, "completed")
    assert shell.json("show", run_id)["seams"]["attempts"][1:] == []


def test_a_reader_that_has_had_enough_is_no_failure(shell: Shell) -> None:
    with shell.running("run", "Say it", "--scenario", "short", "--speed", "3") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()

        said = process.stderr.read()
        assert process.wait(20) == 0
    assert "Traceback" not in said


def test_a_missing_key_fails_the_run_and_is_said(shell: Shell) -> None:
    done = shell.run("run", "Hi", "--provider", "openai", "--json")

    assert done.code == 1
    assert json.loads(done.stdout)["error"]["code"] == "MissingKey"


def test_a_person_sees_it_live_and_in_colours(shell: Shell) -> None:
    seen = shell.at_terminal("run", "Say it", "--scenario", "tools")

    assert "get_weather" in seen
    assert re.search(r"cursor [\d,]+ \(\d+ %\)", seen), "the share of what is expected"
    assert "\x1b[32m✓ completed" in seen


def test_no_color_is_honoured(shell: Shell) -> None:
    shell.environment["NO_COLOR"] = "1"

    seen = shell.at_terminal("run", "Say it", "--scenario", "short", "--fault", "cut@event:9")

    assert "✓ completed" in seen
    assert not re.findall(r"\x1b\[[\d;]*3\d[\d;]*m", seen)


def test_a_terminal_obeys_no_model(shell: Shell) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\x9b31m"
    seen = shell.at_terminal("run", f"Say {hostile}", "--scenario", "short", "--json")
    shown = shell.at_terminal("runs")

    assert "owned" in seen + shown
    assert "\x1b]" not in seen + shown
    assert "\x9b" not in seen + shown
