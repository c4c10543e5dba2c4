"""`workbench simulate` and `workbench app`: they say where they listen and stop when told."""

import re
import signal
import time

import httpx
import pytest

from tests.support.command import Shell
from tests.support.waiting import wait_until


def test_the_simulators_first_line_is_its_base_url(shell: Shell) -> None:
    with shell.running("simulate", "--speed", "0", "--scenario", "short") as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()

        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", base_url)
        said = httpx.post(f"{base_url}/responses", json={"model": "sim", "input": "Hi"}).json()
        assert said["status"] == "completed"

        began = time.monotonic()
        process.terminate()
        assert process.wait(10) == 0
        assert time.monotonic() - began < 2


def test_a_run_may_use_a_simulator_of_another_process(shell: Shell) -> None:
    with shell.running("simulate", "--speed", "20", "--fault", "cut@event:20") as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()

        done = shell.json("run", "Hi", "--base-url", base_url, "--scenario", "short")

        assert len(done["seams"]["attempts"]) == 2
        assert done["seams"]["holds"] is True
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


@pytest.mark.slow
def test_the_dashboard_answers_on_loopback_and_ends_when_told(shell: Shell) -> None:
    with shell.running("app", "--no-browser", "--port", "0") as process:
        assert process.stdout is not None
        line = ""
        while "URL: " not in line:
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
        url = line.split("URL: ")[1].strip()

        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        wait_until(lambda: _status(f"{url}/api/runs") == 200, "the dashboard answers")
        assert _status(f"{url}/") == 200
        assert _status(f"{url}/api/nothing") == 404
        assert httpx.get(f"{url}/api/runs", headers={"host": "evil.example"}).status_code == 421

        process.terminate()
        assert process.wait(15) is not None


@pytest.mark.slow
def test_a_token_given_to_the_dashboard_is_asked_of_everybody(shell: Shell) -> None:
    with shell.running("app", "--no-browser", "--port", "0", "--token", "s3cret") as process:
        assert process.stderr is not None
        url, _, token = process.stderr.readline().strip().removeprefix("Open ").partition("?")

        wait_until(lambda: _status(f"{url}api/runs") == 401, "the dashboard refuses")
        assert _status(f"{url}api/runs?{token}") == 200
        process.terminate()
        process.wait(15)


def test_a_port_that_is_taken_is_said(shell: Shell) -> None:
    with shell.running("simulate") as process:
        assert process.stdout is not None
        port = process.stdout.readline().split(":")[2].partition("/")[0]

        taken = shell.run("app", "--port", port)
        taken.refused(2, port, "already in use")
        assert taken.stderr.count(port) == 1, "the address is named once"
        shell.run("simulate", "--port", port).refused(2, port)


def _status(url: str) -> int:
    try:
        return httpx.get(url).status_code
    except httpx.TransportError:
        return 0
