"""A real Chromium, and a page that remembers what went wrong in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.needs import chromium

__all__ = ["Watched", "launched", "watched_page"]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def launched() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


_LOST = re.compile(
    "WebSocket|ERR_CONNECTION_(?:REFUSED|RESET)|ERR_INTERNET_DISCONNECTED"
    "|Cannot (?:send rerun backMessage|rerun script|load git information) when disconnected"
)


class Watched:
    """A page with all it complained of and all the hosts it asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._listen)
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def _listen(self, message: Any) -> None:
        # A lost connection is reported by the browser itself; it is what these tests are about.
        if message.type != "error" or _LOST.search(message.text):
            return
        self.complaints.append(message.text)


@contextmanager
def watched_page(browser: Browser, *, host: str | None = None, **options: Any) -> Iterator[Watched]:
    """A page in a context of its own, which may have asked one host alone.

    At the end it must have had nothing to complain of.
    """
    context = browser.new_context(**{"viewport": {"width": 1100, "height": 820}, **options})
    watched = Watched(context.new_page())
    yield watched
    context.close()
    assert not watched.complaints, watched.complaints
    assert host is None or watched.hosts <= {host}
