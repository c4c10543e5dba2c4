"""Python code in processes of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

__all__ = ["ROOT", "Helper", "at_once", "killed_at_the_end", "outcome", "python", "running"]

ROOT = Path(__file__).parents[2]


def _command(code: str, args: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-c", code, *map(str, args)]


def outcome(
    code: str, *args: object, timeout_s: float = 60.0
) -> "subprocess.CompletedProcess[str]":
    """How the code ended, and what it wrote."""
    return subprocess.run(
        _command(code, args), cwd=ROOT, capture_output=True, text=True, timeout=timeout_s
    )


def python(code: str, *args: object, timeout_s: float = 60.0) -> str:
    """What the code prints; a failure shows what it wrote on stderr."""
    done = outcome(code, *args, timeout_s=timeout_s)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def killed_at_the_end(process: "subprocess.Popen[str]") -> Iterator["subprocess.Popen[str]"]:
    """A process that is killed if it has not ended by itself."""
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def running(code: str, *args: object) -> Iterator["subprocess.Popen[str]"]:
    """The code at work, with pipes."""
    with killed_at_the_end(
        subprocess.Popen(
            _command(code, args),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    ) as process:
        yield process


def at_once(code: str, *args: object) -> list[str]:
    """What each of two processes prints that went on at the same moment.

    The code prints a line when it is ready and reads one before it goes on.
    """
    with ExitStack() as stack:
        processes = [stack.enter_context(running(code, *args)) for _ in range(2)]
        for process in processes:
            assert process.stdout
            process.stdout.readline()
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.stdout.readline() for process in processes if process.stdout]


class Helper:
    """A module of ours at work in its own process, asked line by line; the block ends it."""

    def __init__(self, module: str, *args: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def ask(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """As a power switch does."""
        self.process.kill()
        self._forget()

    def _forget(self) -> int:
        """The exit code of a process that is ending."""
        code = self.process.wait(timeout=20)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        elif self.process.stdout and not self.process.stdout.closed:
            self._forget()
