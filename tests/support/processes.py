"""Python code in processes of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["python", "running"]

ROOT = Path(__file__).parents[2]


def _command(code: str, args: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-c", code, *map(str, args)]


def python(code: str, *args: object, timeout_s: float = 60.0) -> str:
    """What the code prints; a failure shows what it wrote on stderr."""
    done = subprocess.run(
        _command(code, args), cwd=ROOT, capture_output=True, text=True, timeout=timeout_s
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(code: str, *args: object) -> Iterator["subprocess.Popen[str]"]:
    """The code at work, with pipes; it is killed at the end if it has not ended by itself."""
    process = subprocess.Popen(
        _command(code, args),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
