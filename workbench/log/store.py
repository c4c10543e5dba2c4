"""The SQLite file under the disk log: opened by diskcache, read and written without waiting.

diskcache makes the file, so that anybody's diskcache can open it and finds the segments under
their keys. It is not used beyond that, for three reasons: its transactions answer any failure
to begin with one and the same Timeout, and leave a failed commit open; its connections belong
to threads, so a program of many short threads opens one each time; and it cannot read a range.
"""

import os
import sqlite3
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import diskcache

from workbench.errors import LogUnavailable
from workbench.log.base import Durability
from workbench.log.folder import prepare
from workbench.log.trouble import explain

__all__ = ["Glance", "Sql", "Store", "delete", "move", "put"]

Sql = Callable[..., sqlite3.Cursor]

# Nothing may be evicted, spilled into files that are never synced, or checkpointed in a commit.
_SETTINGS = {
    "cull_limit": 0,
    "disk_min_file_size": 1 << 40,
    "eviction_policy": "none",
    "size_limit": 1 << 50,
    "sqlite_auto_vacuum": 2,  # deleted runs give their space back, a little at each checkpoint
    "sqlite_wal_autocheckpoint": 0,
    "statistics": 0,
}
_PRAGMAS = ("cache_size=8192", "mmap_size=67108864", "wal_autocheckpoint=0", "temp_store=memory")
_LOOK_S = 0.2  # how often an append looks whether the folder is still there
_RAW = 1  # diskcache's mode of a value that lies in its row as it is

_PUT = f"""
INSERT INTO Cache (key, raw, store_time, access_time, size, mode, value)
VALUES (?, 1, ?, ?, 0, {_RAW}, ?)
ON CONFLICT (key, raw) DO UPDATE SET
    value = excluded.value, store_time = excluded.store_time, mode = {_RAW}, filename = NULL
"""  # noqa: S608 - the only thing filled in is a number of ours
_MOVE = "UPDATE Cache SET key = ?, value = ? WHERE key = ? AND raw = 1"


class BytesOnly(diskcache.Disk):  # type: ignore[misc] # diskcache has no types
    """Never pickles, and above all never unpickles: whoever can write a file is not trusted."""

    def put(self, key: Any) -> tuple[Any, bool]:
        if type(key) is not str:
            _refuse("a key that is not text")
        found: tuple[Any, bool] = super().put(key)
        return found

    def get(self, key: Any, raw: bool) -> Any:
        return super().get(key, raw) if raw else _refuse("a pickled key")

    def store(self, value: Any, read: bool, key: Any = diskcache.UNKNOWN) -> Any:
        if type(value) not in {bytes, str} or read:
            _refuse("a value that is not bytes")
        return super().store(value, read, key=key)

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        return super().fetch(mode, filename, value, read) if mode == _RAW else _refuse("a pickle")


class _Cache(diskcache.Cache):  # type: ignore[misc] # diskcache has no types
    """Closes its file also when that turns out to be no database."""

    def __init__(self, directory: str, **settings: Any) -> None:
        try:
            super().__init__(directory, **settings)
        except BaseException:
            with suppress(AttributeError):  # it failed before it had a connection to close
                self.close()
            raise


def _refuse(what: str) -> NoReturn:
    raise ValueError(f"the log's store holds no {what.removeprefix('a ')}")


def put(sql: Sql, key: str, value: bytes) -> None:
    now = time.time()
    sql(_PUT, (key, now, now, value))


def move(sql: Sql, old: str, new: str, value: bytes) -> None:
    """Another key and value for a row that is there."""
    if sql(_MOVE, (new, value, old)).rowcount != 1:
        put(sql, new, value)


def delete(sql: Sql, *keys: str) -> None:
    for key in keys:
        sql("DELETE FROM Cache WHERE key = ? AND raw = 1", (key,))


# (file, process) -> how many stores have it open. SQLite keeps its locks per process and file; a
# forked child inherits the table and believes it holds locks that only its parent has.
_opened: Counter[tuple[Path, int]] = Counter()


class Store:
    """One writing connection behind a lock, and as many reading ones as readers at a time."""

    def __init__(self, folder: Path, *, durability: Durability, busy_s: float) -> None:
        self.folder = folder
        self.path = folder / "cache.db"
        self.durability = durability
        self._busy_s = busy_s
        self._pid = os.getpid()
        self._closed = False
        self._idle: deque[sqlite3.Connection] = deque()
        self.lock = threading.Lock()
        self._seen_at = 0.0
        self.writes = 0  # transactions other than appends
        self._check_not_inherited()
        try:
            with prepare(folder):
                _Cache(str(folder), disk=BytesOnly, **_SETTINGS).close()
                self._identity = self._stat()
            self._writer = self.connect()
        except (sqlite3.Error, OSError) as error:
            raise explain(error, folder) from error
        except diskcache.Timeout as error:
            raise LogUnavailable(f"another process kept the log in {folder} busy") from error
        _opened[self.path.resolve(), self._pid] += 1

    def _check_not_inherited(self) -> None:
        path = self.path.resolve()
        if any(file == path and pid != self._pid and _opened[file, pid] for file, pid in _opened):
            raise LogUnavailable(
                f"this process was forked from one that has the log in {self.folder} open, and"
                " SQLite's locks do not survive a fork; start processes by spawning"
            )

    def connect(self, *, busy_s: float | None = None) -> sqlite3.Connection:
        # The lock and the pool see to it that one thread at a time uses a connection.
        connection = sqlite3.connect(
            self.path,
            timeout=self._busy_s if busy_s is None else busy_s,
            isolation_level=None,
            check_same_thread=False,
        )
        synchronous = "full" if self.durability == "full" else "normal"
        try:
            for pragma in (*_PRAGMAS, f"synchronous={synchronous}"):
                connection.execute(f"PRAGMA {pragma}").close()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def reading(self) -> Iterator[Sql]:
        self.check_alive()
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect_to_read()
        try:
            yield connection.execute
        except (sqlite3.Error, OSError) as error:
            raise explain(error, self.folder) from error
        finally:
            if connection.in_transaction:
                connection.rollback()
            self._idle.append(connection)
            if self._closed:
                self._close_idle()

    def _connect_to_read(self) -> sqlite3.Connection:
        try:
            return self.connect()
        except (sqlite3.Error, OSError) as error:
            raise explain(error, self.folder) from error

    @contextmanager
    def snapshot(self) -> Iterator[Sql]:
        """Several reads of one and the same moment."""
        with self.reading() as sql:
            sql("BEGIN")
            yield sql

    @contextmanager
    def writing(self) -> Iterator[Sql]:
        """One transaction: all of it, or nothing and an error."""
        self.check_open()  # before the lock: in a forked process nobody would ever release it
        with self.lock, self.writing_locked() as sql:
            self.writes += 1
            yield sql

    @contextmanager
    def writing_locked(self) -> Iterator[Sql]:
        """The same for who holds the lock already."""
        self.check_open()
        if time.monotonic() - self._seen_at > _LOOK_S:
            self.check_alive()
        connection = self._writer
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection.execute
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise explain(error, self.folder) from error
        finally:
            if connection.in_transaction:
                with suppress(sqlite3.Error):  # the reason is on its way up already
                    connection.rollback()

    def check_alive(self) -> None:
        """A file deleted under an open connection still takes writes, and they are lost.

        So is everything acknowledged before; what matters is that somebody says so soon.
        """
        self.check_open()
        try:
            same = self._stat() == self._identity
        except OSError as error:
            raise LogUnavailable(f"the folder {self.folder} is gone: {error.strerror}") from error
        if not same:
            raise LogUnavailable(f"the folder {self.folder} was replaced while it was open")
        self._seen_at = time.monotonic()

    def check_open(self) -> None:
        if self._closed:
            raise LogUnavailable(f"the log in {self.folder} has been closed")
        if self.is_forked:
            raise LogUnavailable(
                f"the log in {self.folder} was opened before this process was forked;"
                " start processes by spawning"
            )

    def _stat(self) -> tuple[int, int]:
        found = os.stat(self.path)  # noqa: PTH116 - at every read; a Path costs three times as much
        return found.st_dev, found.st_ino

    @property
    def wal(self) -> Path:
        return self.path.with_name("cache.db-wal")

    def close(self) -> None:
        if self._closed or self.is_forked:
            return
        self._closed = True
        _opened[self.path.resolve(), self._pid] -= 1
        with self.lock, suppress(sqlite3.Error):
            self._writer.close()
        self._close_idle()

    def _close_idle(self) -> None:
        with suppress(IndexError, sqlite3.Error):
            while True:
                self._idle.pop().close()

    @property
    def is_forked(self) -> bool:
        return self._pid != os.getpid()


class Glance:
    """Whether anybody committed since the last look, for when no bell is heard."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection = store.connect()
        self._version = self._ask()

    def __call__(self) -> bool:
        try:
            self._store.check_alive()
            version, self._version = self._version, self._ask()
        except (LogUnavailable, sqlite3.Error):
            return True  # whoever waits should read, and be told
        return version != self._version

    def _ask(self) -> int:
        ((version,),) = self._connection.execute("PRAGMA data_version").fetchall()
        return int(version)

    def close(self) -> None:
        self._connection.close()
