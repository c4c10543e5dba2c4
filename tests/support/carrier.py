"""A process that carries runs, to be killed: `python -m tests.support.carrier FOLDER SETTINGS`.

It prints `ready`, then answers each line of JSON, the arguments of a start, with the run's id.
SIGTERM ends it as a program should: it closes its workbench.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from tests.support.benches import open_bench

__all__ = ["Carrier"]

ROOT = Path(__file__).parents[2]


class Carrier:
    """The process, seen from the test; leaving the block ends it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.carrier", str(folder), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=ROOT,
        )
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def start(self, **options: Any) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(options) + "\n")
        self.process.stdin.flush()
        return self._read()

    def kill(self) -> None:
        """As a power switch does."""
        self.process.kill()
        self._forget()

    def terminate(self) -> int:
        """As an operating system asks; the exit code."""
        self.process.terminate()
        return self._forget()

    def _forget(self) -> int:
        code = self.process.wait(timeout=20)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        if self.process.stdout and not self.process.stdout.closed:
            self._forget()


def main(folder: str, settings: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with open_bench(Path(folder), **json.loads(settings)) as wb:
        say("ready")
        for line in sys.stdin:
            say(wb.start(**json.loads(line)).id)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
