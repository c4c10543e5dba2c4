"""The command line as processes of its own, in a folder and an environment of a test's own."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.processes import killed_at_the_end
from tests.support.waiting import wait_until

__all__ = ["Finished", "Shell", "interrupt"]

ROOT = Path(__file__).parents[2]
_FOREIGN = ("WORKBENCH_", "OPENAI_", "OPENROUTER_", "STREAMLIT_")
_QUICK = {
    "WORKBENCH_SIMULATOR_SPEED": "40",
    "WORKBENCH_LEASE_S": "1",
    "WORKBENCH_POLL_S": "0.05",
    "WORKBENCH_DRAIN_S": "1",
}


class Shell:
    """Somebody at a prompt: no keys, a folder of runs, a simulator that hurries."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        ours = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        self.environment = {
            **ours,
            **_QUICK,
            "WORKBENCH_DATA": str(self.data),
            "PYTHONPATH": str(ROOT),
            **environment,
        }

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-P", "-m", "workbench", *map(str, arguments)]

    def run(
        self, *arguments: object, stdin: str | bytes = "", timeout_s: float = 60.0
    ) -> "Finished":
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=timeout_s,
        )
        return Finished(done.returncode, done.stdout, done.stderr.decode())

    def json(self, *arguments: object, stdin: str | bytes = "") -> Any:
        """What a command prints with --json, which is all it may print."""
        return json.loads(self.run(*arguments, "--json", stdin=stdin).checked().stdout)

    def at_terminal(self, *arguments: object) -> str:
        """What a person sees of a command, escape sequences and all."""
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env={**self.environment, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"},
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
        )
        os.close(follower)
        seen = b""
        with suppress(OSError):  # the end of a terminal is an error
            while piece := os.read(leader, 65536):
                seen += piece
        os.close(leader)
        process.wait(20)
        return seen.decode(errors="replace")

    @contextmanager
    def running(self, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
        """A command at work; killed at the end if it has not ended by itself."""
        with killed_at_the_end(
            subprocess.Popen(
                self.command(*arguments),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        ) as process:
            yield process

    def status(self, run: str) -> str:
        """What `show` says of a run."""
        status: str = self.json("show", run)["status"]
        return status

    def wait_for(self, run: str, status: str) -> None:
        wait_until(lambda: self.status(run) == status, f"{run} is {status}")


class Finished:
    """What a command left behind."""

    def __init__(self, code: int, stdout: bytes, stderr: str) -> None:
        self.code = code
        self.raw = stdout
        self.stdout = stdout.decode(errors="replace")
        self.stderr = stderr

    def checked(self) -> "Finished":
        assert self.code == 0, self.stderr
        return self

    def refused(self, code: int, *words: str) -> None:
        """It failed as it should: nothing on stdout, one line without a traceback on stderr."""
        assert (self.code, self.stdout) == (code, ""), self.stderr
        assert self.stderr.startswith("workbench: "), self.stderr
        assert "Traceback" not in self.stderr
        for word in words:
            assert word in self.stderr, self.stderr


def interrupt(process: "subprocess.Popen[str]") -> None:
    """Ctrl-C."""
    process.send_signal(signal.SIGINT)
