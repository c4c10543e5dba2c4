"""Readers of a run while it goes on: one, one that is reloaded, one that goes away, two at once.

Each says what was wrong with what it saw; an empty list is a good reading. Readers follow the
log, as every screen does, and keep nothing over a reload but their cursor.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from workbench.events import ENDED, Entry, Fact
from workbench.lab.base import RunLike
from workbench.lab.cells import Reading
from workbench.log.base import Log
from workbench.log.follow import Follower
from workbench.state import RunState, fold

__all__ = ["Reader", "read"]

_SUMMARIES_BEFORE_RELOAD = (3, 4)
_ENTRIES_BEFORE_SECOND_TAB = 30


class Reader:
    """Follows one run, again and again from its own cursor."""

    def __init__(self, log: Log, run: RunLike) -> None:
        self._log = log
        self._run = run
        self._follower: Follower | None = None
        self._stopped = False
        self.seen: list[Entry] = []
        self.state = RunState()

    @property
    def cursor(self) -> int:
        return self.seen[-1].cursor if self.seen else 0

    def until(self, enough: Callable[["Reader", Entry], bool]) -> bool:
        """Read on from the cursor; False when the run ended before there was enough."""
        with Follower(self._log, self._run.id, self.cursor) as follower:
            self._follower = follower
            if self._stopped:
                return False
            for entry in follower:
                self.seen.append(entry)
                self.state.add(entry)
                if enough(self, entry):
                    return True
        return False

    def has_summaries(self, wanted: int) -> bool:
        """Or as many as there will be: the answer has begun."""
        return len(self.state.summaries) >= wanted or self.state.characters > 0

    def to_the_end(self) -> None:
        self.until(lambda *_: False)

    def stop(self) -> None:
        """End whatever it reads now, and later."""
        self._stopped = True
        if self._follower:
            self._follower.close()

    def wrong(self, name: str) -> Iterator[str]:
        """What is wrong with what it saw, against the log."""
        cursors = [entry.cursor for entry in self.seen]
        if cursors != list(range(1, len(cursors) + 1)):
            yield f"{name} did not see every cursor once, in order"
        if self.seen != self._run.entries()[: len(self.seen)]:
            yield f"{name} saw other entries than the log holds"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    log: Log
    run: RunLike
    seed: int
    offline_s: float


def read(
    reading: Reading, log: Log, run: RunLike, *, seed: int, offline_s: float, timeout_s: float
) -> list[str]:
    """Read the run to its end in this manner; what was wrong with it."""
    plan = _Plan(log=log, run=run, seed=seed, offline_s=offline_s)
    readers: list[Reader] = []
    with ThreadPoolExecutor(1, thread_name_prefix=f"lab-{reading}") as thread:
        reads = thread.submit(lambda: list(_READINGS[reading](plan, readers)))
        try:
            return reads.result(timeout_s)
        except TimeoutError:
            for reader in readers:
                reader.stop()
            return [*reads.result(), "a reader was still waiting when the time was up"]


def _fresh(plan: _Plan, readers: list[Reader]) -> Iterator[str]:
    reader = _reader(plan, readers)
    reader.to_the_end()
    yield from _complete(reader, plan.run, "the reader")


def _refresh(plan: _Plan, readers: list[Reader]) -> Iterator[str]:
    wanted = _SUMMARIES_BEFORE_RELOAD[plan.seed % len(_SUMMARIES_BEFORE_RELOAD)]
    before = _reader(plan, readers)
    if not before.until(lambda reader, _: reader.has_summaries(wanted)):
        yield "the run ended before it was reloaded"
    shown = before.state.summaries
    after = _reader(plan, readers)
    after.seen, after.state = list(before.seen), fold(before.seen)
    after.to_the_end()
    yield from _complete(after, plan.run, "the reloaded reader")
    summaries = after.state.summaries
    if summaries[: len(shown) - 1] != shown[:-1]:
        yield "a summary that was shown before the reload changed"
    if len(set(summaries)) != len(summaries):
        yield "a summary was shown twice"


def _offline(plan: _Plan, readers: list[Reader]) -> Iterator[str]:
    reader = _reader(plan, readers)
    if not reader.until(lambda _, entry: entry.event["type"] == Fact.ATTEMPT_INTERRUPTED):
        yield "the connection was never gone"
    threading.Event().wait(plan.offline_s)
    reader.to_the_end()
    yield from _complete(reader, plan.run, "the reader that was offline")


def _two_tabs(plan: _Plan, readers: list[Reader]) -> Iterator[str]:
    first, second = _reader(plan, readers), _reader(plan, readers)
    first.until(lambda reader, _: len(reader.seen) >= _ENTRIES_BEFORE_SECOND_TAB)
    other = threading.Thread(target=second.to_the_end, name="lab-second-tab")
    other.start()
    # The first tab is closed in the middle: that stops nothing, for nobody.
    first.until(lambda reader, _: len(reader.seen) >= 3 * _ENTRIES_BEFORE_SECOND_TAB)
    other.join()
    yield from first.wrong("the first tab")
    yield from _complete(second, plan.run, "the second tab")
    if plan.run.status == "cancelled":
        yield "closing a tab stopped the run"


_READINGS: dict[Reading, Callable[[_Plan, list[Reader]], Iterator[str]]] = {
    "fresh": _fresh,
    "refresh": _refresh,
    "offline": _offline,
    "two-tabs": _two_tabs,
}


def _reader(plan: _Plan, readers: list[Reader]) -> Reader:
    reader = Reader(plan.log, plan.run)
    readers.append(reader)
    return reader


def _complete(reader: Reader, run: RunLike, name: str) -> Iterator[str]:
    yield from reader.wrong(name)
    entries = run.entries()
    if len(reader.seen) != len(entries):
        yield f"{name} saw {len(reader.seen)} of {len(entries)} entries"
    if reader.state.status not in ENDED:
        yield f"{name} was left waiting"
    elif reader.state.text != fold(entries).text:
        yield f"{name} shows another text than the log holds"
