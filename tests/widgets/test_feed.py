"""A feed sends a view all entries once, in order, from where the view stands."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.logs import start
from tests.support.long_run import append_events, close_run, eventful_run
from tests.support.waiting import wait_until
from workbench.events import Event
from workbench.log.base import Lease
from workbench.log.memory import MemoryLog
from workbench.widgets.feed import Feed

EVENTS = [event for _, event in eventful_run()]


class Page:
    """The other side: a view that holds entries, and skips what it has."""

    def __init__(self) -> None:
        self.held: list[int] = []
        self.messages: list[dict[str, Any]] = []
        self.ended: list[str] = []

    def receive(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        for entry in message.get("entries", []):
            if entry["cursor"] == len(self.held) + 1:
                self.held.append(entry["cursor"])


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("feed-")]


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def lease(log: MemoryLog) -> Lease:
    return start(log)


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def feed(log: MemoryLog, lease: Lease, page: Page) -> Iterator[Feed]:
    feed = Feed(log, lease.run, page.receive, page.ended.append)
    yield feed
    feed.close()
    wait_until(lambda: not threads(), "the feed's thread has ended")


def end(log: MemoryLog, lease: Lease, events: list[Event]) -> None:
    append_events(log, lease, events[:-1])
    close_run(log, lease, events[-1])


def test_nothing_is_sent_before_somebody_asks(log: MemoryLog, lease: Lease, feed: Feed) -> None:
    append_events(log, lease, EVENTS[:10])
    assert not threads()


def test_a_live_run_is_followed_to_its_end(
    log: MemoryLog, lease: Lease, feed: Feed, page: Page
) -> None:
    append_events(log, lease, EVENTS[:10])
    feed.sync(0)
    wait_until(lambda: len(page.held) == 10, "what was there has come")
    end(log, lease, EVENTS[10:])
    wait_until(lambda: len(page.held) == len(EVENTS), "the rest has come")
    wait_until(lambda: not threads(), "the thread has ended with the run")
    assert page.ended == [lease.run]


def test_a_view_that_has_some_entries_gets_only_the_others(
    log: MemoryLog, lease: Lease, feed: Feed, page: Page
) -> None:
    end(log, lease, EVENTS)
    page.held = list(range(1, 101))
    feed.sync(100)
    wait_until(lambda: len(page.held) == len(EVENTS), "the rest has come")
    assert page.messages[0]["entries"][0]["cursor"] == 101


def test_a_second_view_gets_everything_while_the_first_one_goes_on(
    log: MemoryLog, lease: Lease, page: Page
) -> None:
    second = Page()
    views = [page]

    def send(message: dict[str, Any]) -> None:
        for view in views:
            view.receive(message)

    feed = Feed(log, lease.run, send)
    append_events(log, lease, EVENTS[:60])
    feed.sync(0)
    wait_until(lambda: len(page.held) == 60, "the first view is up to date")
    views.append(second)
    feed.sync(0)
    end(log, lease, EVENTS[60:])
    wait_until(lambda: len(page.held) == len(EVENTS), "the first has all")
    wait_until(lambda: len(second.held) == len(EVENTS), "the second has all")


def test_an_empty_run_is_an_answer_too(lease: Lease, feed: Feed, page: Page) -> None:
    feed.sync(0)
    wait_until(lambda: page.messages, "an answer")
    assert page.messages == [{"type": "append", "run": lease.run, "entries": []}]


def test_what_is_pushed_goes_on_without_being_asked_for(
    log: MemoryLog, lease: Lease, feed: Feed, page: Page
) -> None:
    append_events(log, lease, EVENTS[:10])
    feed.push()
    wait_until(lambda: len(page.held) == 10, "what was there has come")
    feed.push()
    end(log, lease, EVENTS[10:])
    wait_until(lambda: len(page.held) == len(EVENTS), "the rest has come")
    assert sum(len(message["entries"]) for message in page.messages) == len(EVENTS)


def test_a_closed_feed_ends_at_once_and_starts_no_more(lease: Lease, feed: Feed) -> None:
    feed.sync(0)
    assert threads() == [f"feed-{lease.run}"]
    feed.close()
    wait_until(lambda: not threads(), "the thread has ended")
    feed.sync(0)
    assert not threads()


def test_a_feed_that_is_closed_as_it_begins_to_wait_does_not_wait(feed: Feed) -> None:
    feed.close()
    step = threading.Thread(target=feed._step, daemon=True)
    step.start()
    step.join(5)
    assert not step.is_alive()


def test_a_log_that_fails_is_said(lease: Lease, page: Page) -> None:
    feed = Feed(MemoryLog(), lease.run, page.receive)
    feed.sync(0)
    wait_until(lambda: page.messages, "the trouble was told")
    assert page.messages[0]["type"] == "trouble"
    assert lease.run in page.messages[0]["message"]
