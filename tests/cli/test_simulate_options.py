"""What a simulator can be told when it is started."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
OWN = """
title: Two words
description: A scenario from outside.
steps:
  - text: Own words.
"""


@contextmanager
def simulating(*flags: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "simulate", "--speed", "0", *flags],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        process.stdout.close()


def ask(base_url: str, path: str, **body: object) -> httpx.Response:
    return httpx.post(f"{base_url}{path}", json=body, timeout=20)


def test_scenarios_of_ones_own_are_served(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(OWN, encoding="utf-8")
    with simulating("--scenarios", str(tmp_path), "--scenario", "mine") as base_url:
        answer = ask(base_url, "/responses", model="sim:mine", input="Hello").json()
    assert answer["output"][0]["content"][0]["text"] == "Own words."


def test_windows_say_when_a_response_is_gone() -> None:
    with simulating("--data-window", "0") as base_url:
        made = ask(base_url, "/responses", model="sim:short", input="Hello", background=True)
        gone = httpx.get(f"{base_url}/responses/{made.json()['id']}", timeout=20)
    assert gone.status_code == 404


def test_a_router_tells_what_its_answer_cost() -> None:
    with simulating("--manners", "openrouter") as base_url:
        body = {
            "model": "sim:short",
            "stream": True,
            "messages": [{"role": "user", "content": "Hi"}],
        }
        stream = ask(base_url, "/chat/completions", **body).text
    assert '"cost":' in stream


@pytest.mark.parametrize("flags", [["--scenarios", "/nowhere"], ["--scenario", "nobody"]])
def test_a_wrong_choice_is_one_sentence(flags: list[str]) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "workbench", "simulate", *flags],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=30,
        check=False,
    )
    assert found.returncode == 2
    assert found.stdout == ""
    assert "Traceback" not in found.stderr
