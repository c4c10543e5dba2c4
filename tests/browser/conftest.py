"""A browser for each module, and for tests of the live view a page over a log of their own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import Watched, launched, watched_page
from tests.support.live_page import LivePage
from workbench.log.memory import MemoryLog


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def server(log: MemoryLog) -> Iterator[LivePage]:
    with LivePage(log) as page:
        yield page


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    with watched_page(browser) as watched:
        yield watched


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page
