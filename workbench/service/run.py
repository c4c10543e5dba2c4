"""One run as its user holds it: a name and a log; the generation itself goes on elsewhere."""

import asyncio
import threading
import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from workbench.errors import InvalidCursor
from workbench.events import Entry, RunInfo, Status
from workbench.log.base import Log
from workbench.log.follow import Follower
from workbench.providers.registry import CHAT
from workbench.state import RunState, ToolCall
from workbench.wire.stored import Stored, stored_event

if TYPE_CHECKING:
    import pandas as pd

    from workbench.lab.replay import Replay
    from workbench.metrics import Metrics
    from workbench.metrics.seams import SeamReport
    from workbench.service.workbench import Workbench

__all__ = ["Run"]

_PAGE = 2000


class Run:
    """Make it with `Workbench.start` or `Workbench.run`; `await` it for its end.

    Everything is read from the log, so any number of these, in any process, see the same run;
    dropping one changes nothing.
    """

    def __init__(self, workbench: "Workbench", run_id: str) -> None:
        self.id = run_id
        self._workbench = workbench
        self._state = RunState()
        self._folding = threading.Lock()

    def __repr__(self) -> str:
        return f"<Run {self.id}: {self.status}, cursor {self.cursor}>"

    def _repr_html_(self) -> str:
        """A card: state, text so far, metrics. Notebooks show it."""
        from workbench.views.static_html import card

        return card(self.to_dict(), self.entries())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def log(self) -> Log:
        """The log that holds its entries."""
        return self._workbench.log

    @property
    def info(self) -> RunInfo:
        """The row of the run, without its entries."""
        return self.log.info(self.id)

    @property
    def status(self) -> Status:
        return self.info.status

    @property
    def unlogged(self) -> str | None:
        """Why nothing of it is stored: it began while the store was away, and ends with us."""
        reason = self.info.marks.get("unlogged")
        return None if reason is None else str(reason)

    @property
    def is_ended(self) -> bool:
        return self.log.head(self.id)[1]

    @property
    def cursor(self) -> int:
        """The last entry's; read on after it, or give it to `follow`."""
        return self.log.head(self.id)[0]

    @property
    def state(self) -> RunState:
        """All entries until now, folded; only the new ones are read each time."""
        with self._folding:
            for entry in self._read(self._state.cursor):
                self._state.add(entry)
            return self._state

    @property
    def text(self) -> str:
        return self.state.text

    @property
    def summaries(self) -> list[str]:
        return self.state.summaries

    @property
    def tools(self) -> list[ToolCall]:
        return self.state.tools

    @property
    def error(self) -> dict[str, Any] | None:
        return self.state.error

    @property
    def expected(self) -> int | None:
        """About how many events it will have; None where nobody knows, which is the usual case."""
        from workbench.simulator.scenario import load_all

        scenario = load_all().get(self.info.request.scenario or "")
        return scenario.expected_events if scenario else None

    def follow(self, after: int = 0) -> Follower:
        """The entries after a cursor, then the live ones, until the terminal entry.

        Iterate it with `for` or `async for`.
        """
        head, ended = self.log.head(self.id)
        if after > head and ended:
            raise InvalidCursor(f"Run {self.id} ended at cursor {head}, which is before {after}.")
        return Follower(self.log, self.id, after)

    def afollow(self, after: int = 0) -> Follower:
        """`follow`, by the name that stands before `async for`."""
        return self.follow(after)

    def entries(self, after: int = 0) -> list[Entry]:
        """What the log holds now."""
        return list(self._read(after))

    def raw(self, cursor: int) -> Stored:
        """The JSON text of one event, byte for byte as it is stored, and where it came from."""
        info = self.info
        if not 1 <= cursor <= info.cursor:
            raise InvalidCursor(
                f"There is no entry {cursor}: this run has {info.cursor}, counted from 1."
            )
        (entry,) = self.log.read_raw(self.id, after=cursor - 1, limit=1)
        is_imported = "imported_at" in info.marks
        is_chat = info.request.provider in CHAT
        return stored_event(entry, is_chat=is_chat, is_imported=is_imported)

    def _read(self, after: int) -> Iterator[Entry]:
        """Page by page, until there is nothing more; a page may be shorter than asked for."""
        while page := self.log.read(self.id, after=after, limit=_PAGE):
            yield from page
            after = page[-1].cursor

    def wait(self, timeout: float | None = None) -> "Run":
        """Until the run has ended; TimeoutError when that takes longer."""
        deadline = None if timeout is None else time.monotonic() + timeout
        ended = threading.Event()
        unwatch = self.log.watch(ended.set, self.id)
        try:
            while not self.is_ended:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError(f"Run {self.id} has not ended after {timeout:g} seconds.")
                ended.wait(left)
                ended.clear()
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._detached) from None
        finally:
            unwatch()
        return self

    @property
    def _detached(self) -> str:
        """What to say to somebody who stops waiting: that waiting was all that stopped."""
        return f"Detached: run {self.id} goes on. Wait for it again, or cancel() it."

    def __await__(self) -> Generator[Any, None, "Run"]:
        return self._end().__await__()

    async def _end(self) -> "Run":
        cursor, ended = await asyncio.to_thread(self.log.head, self.id)
        if not ended:
            async with Follower(self.log, self.id, cursor) as follower:
                try:
                    async for _ in follower.abatches():
                        pass
                except (asyncio.CancelledError, KeyboardInterrupt) as error:
                    error.add_note(self._detached)
                    raise
        return self

    def cancel(self) -> None:
        """Ask for the generation to be stopped; what arrived is kept. Ended runs stay as they are.

        Returns at once; `wait` for the end. Works from any process.
        """
        if self.info.is_ended:
            return
        self._workbench.ask_to_stop(self.id)

    def disturb(self, fault: str) -> None:
        """Break its connection on purpose, now: `cut`, `stall`, `expire` or `offline 5s`.

        It happens in whatever process carries the run. Nothing happens to an ended run.
        """
        if not self.info.is_ended:
            self._workbench.disturb(self.id, fault)

    def metrics(self) -> "Metrics":
        """Phase clocks, gaps and totals, each with its formula's name."""
        return self._workbench.measuring.metrics(self)

    def seams(self) -> "SeamReport":
        """What happened between attempts, and whether every event arrived exactly once."""
        return self._workbench.measuring.seams(self)

    def replay(self, speed: float = 1.0, after: int = 0, until: int | None = None) -> "Replay":
        """The entries again at their own pace, or `speed` times as fast; 0 is at once.

        Iterate it with `for` or `async for`: the entries after `after`, up to `until`.
        """
        from workbench.lab.replay import Replay

        return Replay(self.entries, speed=speed, after=after, until=until)

    def to_dataframe(self) -> "pd.DataFrame":
        """One row per entry; `workbench.transfer.table.COLUMNS` says what each column holds."""
        from workbench.transfer.table import frame

        return frame(self.entries())

    def to_row(self) -> dict[str, Any]:
        """The short form, without reading entries: what `runs --json` prints one of."""
        info = self.info
        request = info.request
        return {
            "id": info.id,
            "status": info.status,
            "provider": request.provider,
            "model": info.summary.get("model") or request.model,
            "transport": request.transport,
            "created_at": info.created_at,
            "closed_at": info.closed_at,
            "cursor": info.cursor,
            "key": info.key,
            "unlogged": info.marks.get("unlogged"),
            "input": _short(request.input),
            **{name: info.summary.get(name) for name in _SUMMARY},
        }

    def to_dict(self) -> dict[str, Any]:
        """The full form: what `show --json` prints."""
        info, state = self.info, self.state
        return {
            "id": info.id,
            "status": info.status,
            "provider": info.request.provider,
            "model": state.model or info.request.model,
            "transport": info.request.transport,
            "response_id": state.response_id,
            "cursor": state.cursor,
            "text": state.text,
            "summaries": state.summaries,
            "tools": [tool.to_dict() for tool in state.tools],
            "usage": state.usage,
            "metrics": self.metrics().to_dict(),
            "seams": self.seams().to_dict(),
            "error": state.error,
            "created_at": info.created_at,
            "closed_at": info.closed_at,
            "key": info.key,
            "unlogged": self.unlogged,
            "request": info.request.to_dict(),
        }


_SUMMARY = ("response_id", "characters", "duration_s", "attempts", "usage", "error")


def _short(text: str | list[dict[str, Any]]) -> str:
    if not isinstance(text, str):
        said = [item.get("content") for item in text]
        text = next((one for one in reversed(said) if isinstance(one, str)), f"{len(text)} items")
    line = " ".join(text.split())
    return line if len(line) <= 120 else line[:119] + "…"
