"""A process that carries runs, so that a generation depends on nobody who watches it.

`workbench run` does not generate: it starts `workbench carry` in a session of its own, hands it
the run and follows the log like everybody else. Ctrl-C, a closed terminal or `kill -9` then end
the watching alone. A carrier ends by itself when its runs have ended.
"""

import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from workbench.cli.children import environment, module
from workbench.errors import LogError

if TYPE_CHECKING:
    from workbench.service import Workbench

__all__ = ["Carrier", "carry"]

_ATTEMPTS = 3
_LOOK_S = 1.0


class Carrier:
    """Start it early: it gets ready while its starter does. One that dies is replaced."""

    def __init__(self, data: Path | None) -> None:
        self._command = module("workbench", "carry", *(["--data", str(data)] if data else []))
        self._run = ""
        self._process = self._spawn()

    def _spawn(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603 - our own command
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env=environment(),
        )

    def hand(self, run: str) -> None:
        """Let it carry this run; it goes on when this process ends."""
        self._run = run
        self._give(run)

    def mind(self, on_failure: Callable[[], None]) -> None:
        """While this process lives, start another one whenever it dies before its run ends."""
        threading.Thread(target=self._mind, args=(on_failure,), daemon=True).start()

    def dismiss(self) -> None:
        """There is nothing to carry after all."""
        self._give("")

    def _give(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.close()
        except BrokenPipeError:
            return  # it is gone; whoever minds it starts another one

    def _mind(self, on_failure: Callable[[], None]) -> None:
        for _ in range(_ATTEMPTS):
            if self._process.wait() == 0:
                return
            self._process = self._spawn()
            self._give(self._run)
        if self._process.wait() != 0:
            on_failure()


def carry(wb: "Workbench", runs: list[str]) -> None:
    """Carry these runs to their ends, or without any name whatever nobody else carries."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _hand_over)
    for run in runs:
        wb.runner.look(run)
    wb.runner.start()
    changed = threading.Event()
    unwatch = wb.log.watch(changed.set)
    # A lease of somebody killed has to run out before its run can be taken over.
    orphans_until = 0.0 if runs else time.monotonic() + wb.settings.lease_s + 1.0
    try:
        while wb.runner.carried or _is_live(wb, runs) or time.monotonic() < orphans_until:
            changed.wait(_LOOK_S)
            changed.clear()
    finally:
        unwatch()


def _is_live(wb: "Workbench", runs: list[str]) -> bool:
    if not wb.settings.data.is_dir():
        return False  # somebody took the folder away, and with it whatever there was to do
    try:
        return any(not wb.log.head(run)[1] for run in runs)
    except LogError:
        return True  # the store is away; the runner knows what to do


def _hand_over(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
