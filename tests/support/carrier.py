"""A process that carries runs, to be killed: `python -m tests.support.carrier FOLDER SETTINGS`.

It prints `ready`, then answers each line of JSON, the arguments of a start, with the run's id.
SIGTERM ends it as a program should: it closes its workbench.
"""

import json
import signal
import sys
from pathlib import Path
from typing import Any

from tests.support.benches import open_bench
from tests.support.processes import Helper

__all__ = ["Carrier"]


class Carrier(Helper):
    """The process, seen from the test."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        super().__init__("tests.support.carrier", str(folder), json.dumps(settings))
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def start(self, **options: Any) -> str:
        self.ask(json.dumps(options))
        return self._read()

    def terminate(self) -> int:
        """As an operating system asks; the exit code."""
        self.process.terminate()
        return self._forget()


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
