"""Housekeeping that must not stand in the way of a commit: syncing and checkpointing.

With durability "normal" a commit is safe from any death of a process at once, and safe from a
power cut when the write-ahead log has been synced, which happens here: one second after the
first commit that is not. Checkpoints move the write-ahead log into the database once it is
large. An idle keeper sleeps without a timer.
"""

import os
import sqlite3
import threading
from contextlib import suppress

from workbench.log.store import Store

__all__ = ["Keeper"]

_SYNC_S = 1.0
_PATIENCE_S = 0.05  # a reader in the way of a checkpoint is waited for next time
_CHECKPOINT_BYTES = 4 << 20
_LARGE_PAGES = 4096
_COMMIT_BYTES = 16 << 10  # the pages that any commit touches, whatever its values
_FREE_PAGES = 4096  # what deleted runs leave behind is used again; only more is given back


class Keeper:
    """One thread per store, begun with the first commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._work = threading.Event()
        self._hurry = threading.Event()
        self._stopped = False
        self._starting = threading.Lock()
        self._written = 0
        self._thread: threading.Thread | None = None

    def committed(self, size: int) -> None:
        """Called after every commit of about that many bytes."""
        self._written += size + _COMMIT_BYTES
        if self._written > _CHECKPOINT_BYTES:
            self._hurry.set()
        if not self._work.is_set():
            self._work.set()
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._keep, name="workbench-keeper", daemon=True
                )
                self._thread.start()

    def _keep(self) -> None:
        connection: sqlite3.Connection | None = None
        stopped = False
        while not stopped:
            self._work.wait()
            stopped = self._stopped or (self._hurry.wait(_SYNC_S) and self._stopped)
            self._hurry.clear()
            self._work.clear()
            # What fails here (a full disk, a deleted folder) fails again, loudly, at a commit.
            with suppress(sqlite3.Error, OSError):
                if self._store.durability == "normal":
                    self.sync()
                if self._written > _CHECKPOINT_BYTES:
                    self._written = 0
                    connection = connection or self._store.connect(busy_s=_PATIENCE_S)
                    self.checkpoint(connection)
        if connection is not None:
            connection.close()

    def checkpoint(self, connection: sqlite3.Connection) -> None:
        ((_, pages, moved),) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        if moved < pages and pages > _LARGE_PAGES:
            # Writers that never pause never let the file begin again: hold them for a moment.
            with self._store.lock:
                connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        ((free,),) = connection.execute("PRAGMA freelist_count").fetchall()
        if free > _FREE_PAGES:
            connection.execute(f"PRAGMA incremental_vacuum({_FREE_PAGES // 4})").fetchall()

    def sync(self) -> None:
        file = os.open(self._store.wal, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def close(self) -> None:
        self._stopped = True
        self._hurry.set()
        self._work.set()
        if self._thread is not None:
            self._thread.join()
