"""Programs of ours in processes of their own, that answer questions one line at a time."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = ["Child", "answer", "child", "used"]

Answers = Mapping[str, Callable[..., Any]]


class Child:
    """`hello` is what it says when it is ready; several can get ready at the same time."""

    def __init__(self, module: str, arguments: tuple[object, ...]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-m", f"workbench.bench.{module}", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @cached_property
    def hello(self) -> Any:
        return self._read()

    def ask(self, question: str, **details: Any) -> Any:
        self.tell(question, **details)
        return self._read()

    def tell(self, question: str, **details: Any) -> None:
        """Ask, and let `heard` wait for the answer."""
        _ = self.hello
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([question, details]) + "\n")
        self._process.stdin.flush()

    def heard(self) -> Any:
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        return json.loads(line)

    def kill(self) -> None:
        self._process.kill()
        with suppress(BrokenPipeError):
            self._process.communicate()


@contextmanager
def child(module: str, *arguments: object) -> Iterator[Child]:
    started = Child(module, arguments)
    try:
        yield started
    finally:
        started.kill()


def answer(answers: Answers, *, hello: Any = None) -> None:
    """The other end: say hello, then answer until nobody asks any more."""
    print(json.dumps(hello), flush=True)  # noqa: T201 - how the parent hears it
    for line in sys.stdin:
        question, details = json.loads(line)
        print(json.dumps(answers[question](**details)), flush=True)  # noqa: T201 - as above


def used() -> dict[str, float]:
    """What this process has cost so far, and what it holds."""
    return {"cpu_s": time.process_time(), "held_kb": _held_kb()}


def _held_kb() -> float:
    with suppress(OSError, IndexError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # the best that macOS tells
    return peak / 1024 if sys.platform == "darwin" else float(peak)
