"""What is wrong with a command is said in one sentence on stderr; stdout stays empty."""

import pytest

from tests.support.command import Shell

# The command, its exit code, and what the sentence must hold.
WRONG: list[tuple[str, int, list[str]]] = [
    ("folow last", 2, ["'folow'", "'follow'"]),
    ("app --host 0.0.0.0", 2, ["--token", "WORKBENCH_TOKEN"]),
    ("simulate --scenario nothing", 2, ["'nothing'", "planner"]),
    ("simulate --fault explode", 2, ["'explode'"]),
    ("run Hi --transport smoke", 2, ["'smoke'", "background"]),
    ("run Hi --fault cut@event", 2, ["event needs a number", "^"]),
    ("run Hi --colour red", 2, ["--colour"]),
    ("run", 2, ["input is empty"]),
    ("runs --status tired", 2, ["'tired'", "queued"]),
    ("runs --data file", 2, ["file"]),
    ("show nobody", 1, ["nobody"]),
    ("show last", 1, ["no run"]),
    ("follow last --after -1", 2, ["--after"]),
    ("cancel nobody", 1, ["nobody"]),
    ("replay nobody --speed fast", 2, ["--speed", "number"]),
    ("compare Hi --transport pigeon", 2, ["'pigeon'", "background"]),
    ("lab --reading aloud", 2, ["'aloud'", "refresh"]),
    ("export nobody", 1, ["nobody"]),
    ("import missing.jsonl", 1, ["missing.jsonl", "No such file"]),
    ("import file", 2, ["empty"]),
    ("clean --older-than soon", 2, ["'soon'", "30d"]),
    ("clean nobody", 1, ["nobody"]),
    ("bench swimming", 2, ["'swimming'", "append-one"]),
    ("doctor --loud", 2, ["--loud"]),
]


@pytest.mark.parametrize(("command", "code", "words"), WRONG, ids=[each[0] for each in WRONG])
def test_a_wrong_command_is_refused(
    shell: Shell, command: str, code: int, words: list[str]
) -> None:
    (shell.folder / "file").touch()

    shell.run(*command.split()).refused(code, *words)


def test_without_a_verb_the_help_is_all_that_is_said(shell: Shell) -> None:
    finished = shell.run()

    assert finished.code == 2
    assert "Commands" in finished.stdout
    assert finished.stderr == ""
