"""A process that follows runs: `python -m tests.support.watcher FOLDER`.

Each line it reads names a run and a cursor; it prints `run cursor digest` for every entry after
it, then `run end`. It may be killed at any moment: what it printed is what it saw.
"""

import hashlib
import sys
import threading
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import orjson

from tests.support.benches import open_bench
from tests.support.processes import Helper
from workbench import Workbench

__all__ = ["Watcher", "digest"]


def digest(event: object) -> str:
    return hashlib.blake2b(orjson.dumps(event), digest_size=8).hexdigest()


class Watcher(Helper):
    """The process, seen from the test: what it saw of each run, in order."""

    def __init__(self, folder: Path) -> None:
        self.seen: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self.ended: set[str] = set()
        super().__init__("tests.support.watcher", str(folder))
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.endswith("\n"):
                return  # killed in the middle of a line: this entry was not seen
            run, what, *rest = line.split()
            if rest:
                self.seen[run].append((int(what), rest[0]))
            else:
                self.ended.add(run)

    def follow(self, run: str, after: int) -> None:
        self.ask(f"{run} {after}")

    def _forget(self) -> int:
        self.process.wait(timeout=20)
        self._reader.join(timeout=20)  # it has read to the end before the pipe is closed
        return super()._forget()


def _watch(wb: Workbench, run: str, after: int, lock: threading.Lock) -> None:
    with wb.run(run).follow(after) as follower:
        for batch in follower.batches():
            lines = (f"{run} {entry.cursor} {digest(entry.event)}" for entry in batch)
            _say(lines, lock)
    _say([f"{run} end"], lock)


def _say(lines: Iterable[str], lock: threading.Lock) -> None:
    with lock:
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()


def main(folder: str) -> None:
    lock = threading.Lock()
    with open_bench(Path(folder), runner=False) as wb:
        for line in sys.stdin:
            run, after = line.split()
            threading.Thread(target=_watch, args=(wb, run, int(after), lock), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
