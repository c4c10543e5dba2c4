"""The bell between processes: a file to which every commit adds the names of the runs it changed.

Nothing depends on it: a name that is lost costs a listener one second, because once a second
it also asks SQLite whether anything changed at all. So the file may be cut short at any time,
and needs no syncing.
"""

import os
import platform
import secrets
import select
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, Literal, Protocol

from workbench.log.presence import Presence

__all__ = ["Doorbell", "Listener", "Means", "best_means"]

Means = Literal["inotify", "kqueue", "poll"]

_LARGEST = 1 << 20
_LOOK_S = 1.0  # how often a listener asks SQLite
_POLL_S = 0.02
_SELECT: Any = select  # kqueue is there on BSD and macOS only, epoll and poll on others


def best_means() -> Means:
    if platform.system() == "Linux":
        return "inotify"
    return "kqueue" if hasattr(select, "kqueue") else "poll"


class Doorbell:
    """The ringing end, shared by the threads of one process."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bell"
        self.token = secrets.token_hex(4)  # so that a listener of this process skips its own
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._written = 0
        self.presence = Presence(folder)

    def ring(self, runs: Iterable[str]) -> None:
        """One write to a file open for appending: lines of many processes never mix."""
        # A full disk, or a log closed in this moment: whoever listens finds out by looking.
        with suppress(OSError, ValueError):
            if not self.presence.others_listen():
                return
            lines = "".join(f"{self.token} {run}\n" for run in runs).encode()
            os.write(self._file, lines)
            self._written += len(lines)
            if self._written > _LARGEST >> 4:
                self._written = 0
                if os.fstat(self._file).st_size > _LARGEST:
                    os.ftruncate(self._file, 0)

    def close(self) -> None:
        self.presence.close()
        file, self._file = self._file, -1
        os.close(file)


class _Ear(Protocol):
    """One way to wait for the file to grow."""

    def wait(self, seconds: float) -> bool:
        """Whether it may have grown; False when nothing was heard for that long."""

    def wake(self) -> None:
        """End a wait, from another thread."""

    def close(self) -> None: ...


class _Inotify:
    def __init__(self, path: Path) -> None:
        from inotify_simple import INotify, flags

        self._stopped = False
        self._watched = INotify()
        try:
            self._watched.add_watch(path, flags.MODIFY)
        except OSError:
            self._watched.close()
            raise
        self._read_end, self._write_end = os.pipe()
        self._poll = select.poll()
        for file in (self._watched.fileno(), self._read_end):
            self._poll.register(file, select.POLLIN)

    def wait(self, seconds: float) -> bool:
        heard = bool(self._poll.poll(seconds * 1000))
        if heard and not self._stopped:
            # What happened is known: the bell grew. Reading empties the queue and no more.
            os.read(self._watched.fileno(), 4096)
        return heard

    def wake(self) -> None:
        self._stopped = True
        os.write(self._write_end, b".")

    def close(self) -> None:
        self._watched.close()
        os.close(self._read_end)
        os.close(self._write_end)


class _Kqueue:
    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._read_end, self._write_end = os.pipe()
        self._queue = _SELECT.kqueue()
        self._queue.control(
            [
                _SELECT.kevent(
                    self._file,
                    filter=_SELECT.KQ_FILTER_VNODE,
                    flags=_SELECT.KQ_EV_ADD | _SELECT.KQ_EV_CLEAR,
                    fflags=_SELECT.KQ_NOTE_WRITE | _SELECT.KQ_NOTE_EXTEND,
                ),
                _SELECT.kevent(
                    self._read_end, filter=_SELECT.KQ_FILTER_READ, flags=_SELECT.KQ_EV_ADD
                ),
            ],
            0,
        )

    def wait(self, seconds: float) -> bool:
        return bool(self._queue.control(None, 4, seconds))

    def wake(self) -> None:
        os.write(self._write_end, b".")

    def close(self) -> None:
        self._queue.close()
        for file in (self._file, self._read_end, self._write_end):
            os.close(file)


class _Polling:
    """For systems with neither: the size of a file costs a microsecond to ask for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._woken = threading.Event()

    def wait(self, seconds: float) -> bool:
        for _ in range(round(seconds / _POLL_S)):
            if self._woken.wait(_POLL_S):
                return True
            with suppress(OSError):
                size, self._size = self._size, self._path.stat().st_size
                if size != self._size:
                    return True
        return False

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None: ...


_EARS: dict[Means, Callable[[Path], _Ear]] = {
    "inotify": _Inotify,
    "kqueue": _Kqueue,
    "poll": _Polling,
}


class Look(Protocol):
    """The slow and certain way to know."""

    def __call__(self) -> bool:
        """Whether anything changed since the last call."""

    def close(self) -> None: ...


class Listener:
    """The hearing end: a thread that tells which runs other processes changed.

    `changed` gets their names, or None when anything may have changed.
    """

    def __init__(
        self,
        doorbell: Doorbell,
        *,
        means: Means,
        changed: Callable[[set[str] | None], None],
        look: Look,
    ) -> None:
        self._own = doorbell.token.encode()
        self._presence = doorbell.presence
        self._changed = changed
        self._look = look
        self._stopped = False
        self._file = os.open(doorbell.path, os.O_RDONLY)
        self._at = os.fstat(self._file).st_size
        self._ear = _EARS[means](doorbell.path)
        self._presence.listen()
        self._thread = threading.Thread(target=self._listen, name="workbench-bell", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        looked = monotonic()
        while not self._stopped:
            if self._ear.wait(_LOOK_S):
                names = self._names()
                if names is None or names:
                    self._changed(names)
            # Also while others ring all the time: a name lost among theirs is found here.
            if monotonic() - looked >= _LOOK_S:
                looked = monotonic()
                if self._look():
                    self._changed(None)
            self._presence.listen()

    def _names(self) -> set[str] | None:
        lines = os.pread(self._file, _LARGEST, self._at)
        if not lines and os.fstat(self._file).st_size < self._at:
            self._at = 0  # cut short: what was written before is unknown
            return None
        self._at += len(lines)
        pairs = (line.partition(b" ") for line in lines.splitlines())
        return {run.decode("utf-8", "replace") for token, _, run in pairs if token != self._own}

    def close(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._ear.wake()
            if threading.current_thread() is not self._thread:
                self._thread.join()
            self._ear.close()
            self._look.close()
            os.close(self._file)
