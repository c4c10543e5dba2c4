"""`workbench doctor`, `bench` and `--help`."""

import json
import re
import sqlite3
import sys
from contextlib import closing
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from tests.support.benches import open_bench
from tests.support.command import Shell
from workbench.service.doctor import examine

VERBS = (
    "app simulate run runs show follow cancel replay compare lab export import clean bench doctor"
).split()


def test_a_healthy_folder_is_found_healthy(shell: Shell) -> None:
    done = shell.run("doctor", "--offline").checked()

    assert "broken" not in done.stdout
    for name in ("folder", "store", "leases", "clock", "simulator", "openai", "browser", "parts"):
        assert name in done.stdout


def test_findings_are_json_and_never_show_a_key(shell: Shell) -> None:
    shell.environment["OPENAI_API_KEY"] = "sk-very-secret"
    shell.environment["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"

    done = shell.run("doctor", "--json").checked()
    plain = shell.run("doctor").checked()

    assert "sk-very-secret" not in done.stdout + done.stderr + plain.stdout + plain.stderr
    (openai,) = [one for one in shell.json("doctor") if one["name"] == "openai"]
    assert openai["state"] == "warning"
    assert "does not answer" in openai["message"]
    assert openai["todo"]


def test_a_damaged_store_is_broken_and_what_is_advised_mends_it(shell: Shell) -> None:
    with open_bench(shell.folder) as wb:
        run, other = (wb.start("Say it", scenario="short").wait(20) for _ in range(2))
    with closing(sqlite3.connect(shell.data / "cache.db")) as database, database:
        segments = "SELECT key FROM Cache WHERE key LIKE ? ORDER BY key"
        ((first,), *_) = database.execute(segments, (f"s:{run.id}:%",))
        change = "UPDATE Cache SET value = x'00' WHERE key = ?"
        database.executemany(change, [(first,), (f"r:{other.id}",)])

    done = shell.run("doctor", "--offline")

    assert done.code == 1
    last = int(first[-15:])
    assert f"workbench follow {run.id} --after {last} --json" in " ".join(done.stdout.split())
    rest = shell.run("follow", run.id, "--after", last, "--json").checked().stdout.splitlines()
    assert json.loads(rest[0])["cursor"] == last + 1
    assert json.loads(rest[-1])["event"]["type"] == "workbench.run.completed"
    for damaged in (run, other):
        assert f"workbench clean {damaged.id}" in done.stdout
        assert shell.json("clean", damaged.id)["deleted"] == 1
    assert shell.run("doctor", "--offline").code == 0


def test_a_run_that_nobody_carries_is_a_warning(shell: Shell) -> None:
    with open_bench(shell.folder, runner=False) as wb:
        run = wb.start("Say it")

    (leases,) = [one for one in shell.json("doctor", "--offline") if one["name"] == "leases"]

    assert leases["state"] == "warning"
    assert f"workbench follow {run.id}" in leases["todo"]


@pytest.mark.parametrize(
    ("part", "advice"),
    [("marimo", "pip install marimo"), ("anywidget", "pip install 'stream-workbench[notebooks]'")],
)
def test_what_is_advised_for_a_missing_part_installs_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, part: str, advice: str
) -> None:
    for name in ("anywidget", "ipywidgets", "jupyterlab", "marimo", "pyarrow"):
        # The import system takes None for a module that is not there.
        monkeypatch.setitem(sys.modules, name, None if name == part else _installed(name))

    with open_bench(shell.folder, runner=False) as wb:
        (parts,) = [one for one in examine(wb, network=False) if one.name == "parts"]

    assert part in parts.message
    assert parts.todo == advice


def _installed(name: str) -> ModuleType:
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)
    return module


def test_a_benchmark_gives_rows(shell: Shell) -> None:
    rows = shell.json("bench", "append-one", "--scale", "0.001", "--data", shell.folder / "b")

    assert {"name", "against", "ratio", "target", "reached"} <= rows[0].keys()


def test_help_lists_every_verb_in_order(shell: Shell) -> None:
    shown = shell.run("--help").checked().stdout

    assert re.findall(r"^│ (\w+)", shown.partition("Commands")[2], re.MULTILINE) == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_data_and_explains_itself(verb: str) -> None:
    from workbench.cli.commands import app

    (command,) = [one for one in app.registered_commands if one.name == verb]
    assert command.callback is not None
    assert "data" in command.callback.__annotations__
    assert command.callback.__doc__
