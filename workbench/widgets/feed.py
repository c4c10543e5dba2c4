"""Entries on their way to a view: one thread per run, from where the view stands to the end."""

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from workbench.errors import WorkbenchError
from workbench.log.base import Log

__all__ = ["Feed", "trouble"]

PAGE = 1000
PACE_S = 0.05


class Feed:
    """Sends the entries of one run, all from one thread, so that they arrive in order.

    `sync(after)` makes it go on from an earlier cursor. Its thread ends when there is nothing
    more to come, and at once when the feed is closed; another `sync` starts a new one.
    """

    def __init__(
        self,
        log: Log,
        run: str,
        send: Callable[[dict[str, Any]], object],
        ended: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.run = run
        self._ended = ended
        self._log = log
        self._send = send
        self._lock = threading.Lock()
        self._rung = threading.Event()
        self._closed = threading.Event()
        self._cursor = 0
        self._told = False  # that all was sent
        self._owed = False  # an answer, even when there is nothing to send
        self._thread: threading.Thread | None = None

    def push(self) -> None:
        """Send everything without having been asked, as a busy kernel does not hear who asks."""
        with self._lock:
            if self._thread is None:
                self._cursor = 0
                self._begin()

    def sync(self, after: int) -> None:
        """A view has the entries up to `after` and wants the rest."""
        with self._lock:
            self._owed = True
            if self._thread is None:
                self._cursor = after
                self._begin()
            else:
                self._cursor = min(self._cursor, after)
        self._rung.set()

    def close(self) -> None:
        self._closed.set()
        self._rung.set()

    @property
    def is_ended(self) -> bool:
        return self._log.head(self.run)[1]

    def _begin(self) -> None:
        if self._closed.is_set():
            return
        # A kernel knows by the context which cell a message belongs to.
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._follow,), name=f"feed-{self.run}", daemon=True
        )
        self._thread.start()

    def _follow(self) -> None:
        unwatch = None
        try:
            unwatch = self._log.watch(self._rung.set, self.run)
            while not self._closed.is_set() and not self._is_done():
                self._step()
        except WorkbenchError as error:
            self._send(trouble(self.run, error))
        finally:
            if unwatch:
                unwatch()
            with self._lock:
                if self._thread is threading.current_thread():
                    self._thread = None

    def _step(self) -> None:
        """Send one page, or wait for something to send."""
        self._rung.clear()
        if self._closed.is_set():
            return
        with self._lock:
            after, owed, self._owed = self._cursor, self._owed, False
        page = self._log.read(self.run, after=after, limit=PAGE)
        if not page and not owed:
            self._rung.wait()
            return
        entries = [{"cursor": cursor, "at": at, "event": event} for cursor, at, event in page]
        self._send({"type": "append", "run": self.run, "entries": entries})
        with self._lock:
            # Unless an earlier one was asked for in the meantime.
            if self._cursor == after:
                self._cursor += len(page)
        if len(page) < PAGE:
            self._closed.wait(PACE_S)

    def _is_done(self) -> bool:
        """Whether all was sent; then the thread is given up, under the lock that `sync` takes."""
        head, ended = self._log.head(self.run)
        with self._lock:
            sent = ended and self._cursor >= head
            done = sent and not self._owed
            if done:
                self._thread = None
        if sent and not self._told:
            self._told = True
            self._ended(self.run)
        return done


def trouble(run: str, error: WorkbenchError) -> dict[str, Any]:
    """What a view of the run is told when there is nothing more to come."""
    return {"type": "trouble", "run": run, "message": str(error)}
