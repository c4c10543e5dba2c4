"""What storage says when it fails, in the words of the log."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from workbench.errors import LogUnavailable

__all__ = ["explain", "translated"]

_NO_ROOM: Final = 64 * 1024  # less than what opening a log asks for
_DOCTOR = "`workbench doctor` says what can still be read"

# The primary result codes of SQLite that storage can cause; the rest are faults of this program.
_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: "another process kept the log in {folder} busy for too long",
    sqlite3.SQLITE_CANTOPEN: "the log in {folder} cannot be opened: is the folder still there?",
    sqlite3.SQLITE_CORRUPT: "the database in {folder} is damaged; " + _DOCTOR,
    sqlite3.SQLITE_FULL: "the disk that holds {folder} is full: free some space, then repeat",
    sqlite3.SQLITE_IOERR: "the log in {folder} could not be read or written: is its disk well?",
    sqlite3.SQLITE_LOCKED: "another part of this process kept the log in {folder} busy",
    sqlite3.SQLITE_NOMEM: "there was not enough memory for the log in {folder}",
    sqlite3.SQLITE_NOTADB: "the database in {folder} is damaged; " + _DOCTOR,
    sqlite3.SQLITE_PERM: "the log in {folder} is not writable: check who owns the folder",
    sqlite3.SQLITE_PROTOCOL: "the lock of the log in {folder} could not be had",
    sqlite3.SQLITE_READONLY: "the log in {folder} is not writable: check who owns the folder",
    sqlite3.SQLITE_TOOBIG: "an event is larger than the log in {folder} can hold",
}
_SYSTEM: Final = {
    errno.EACCES: _SQLITE[sqlite3.SQLITE_READONLY],
    errno.EDQUOT: _SQLITE[sqlite3.SQLITE_FULL],
    errno.ENOENT: _SQLITE[sqlite3.SQLITE_CANTOPEN],
    errno.ENOSPC: _SQLITE[sqlite3.SQLITE_FULL],
    errno.EPERM: _SQLITE[sqlite3.SQLITE_READONLY],
    errno.EROFS: _SQLITE[sqlite3.SQLITE_READONLY],
}
_OTHERWISE: Final = "the log in {folder} did not answer"


def explain(error: sqlite3.Error | OSError, folder: Path) -> LogUnavailable:
    """The one table between the errors of storage and ours."""
    if isinstance(error, OSError):
        sentence = _SYSTEM.get(error.errno or 0, _OTHERWISE)
    else:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF  # the primary code
        if code == sqlite3.SQLITE_IOERR and _is_full(folder):
            code = sqlite3.SQLITE_FULL  # SQLite says so only where it wrote the page itself
        sentence = _SQLITE.get(code, _OTHERWISE)
    return LogUnavailable(f"{sentence.format(folder=folder)} ({error})")


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _NO_ROOM
    except OSError:
        return False


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise explain(error, folder) from error
