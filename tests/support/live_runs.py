"""Runs for the live view to show: one of long ago, or one that is under way on a page."""

import orjson
from playwright.sync_api import Page

from tests.support.live_page import LivePage, held
from tests.support.logs import start
from tests.support.long_run import append_events, close_run, eventful_run
from workbench.events import Arrival, Event
from workbench.log.base import Closing, Lease
from workbench.log.memory import MemoryLog

__all__ = ["EVENTS", "MADE", "ended_run", "finish", "watched_run"]

MADE = eventful_run()
EVENTS = [event for _, event in MADE]


def ended_run(log: MemoryLog, made: list[tuple[float, Event]] | None = None) -> str:
    """A run of long ago with its own times."""
    made = MADE if made is None else made
    lease = start(log)
    arrivals = [Arrival(1.7e9 + at, orjson.dumps(event)) for at, event in made]
    log.append(lease, arrivals, after=0, closing=Closing(status="completed")).result()
    return lease.run


def watched_run(log: MemoryLog, server: LivePage, page: Page, length: int) -> Lease:
    """A run under way that holds so many entries, and so does the page."""
    lease = start(log)
    append_events(log, lease, EVENTS[:length])
    page.goto(server.address(run=lease.run))
    held(page, length)
    return lease


def finish(log: MemoryLog, lease: Lease, events: list[Event]) -> None:
    append_events(log, lease, events[:-1])
    close_run(log, lease, events[-1])
