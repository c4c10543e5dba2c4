"""Where a reader stands in a transcript, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.live_page import LivePage
from tests.support.live_runs import ended_run
from tests.support.long_run import PROSE, eventful_run
from workbench.log.memory import MemoryLog

pytestmark = pytest.mark.browser

TEXT = "\n\n".join(f"**Part {n}.** {PROSE}" for n in range(120))
BELOW = "element.scrollHeight - element.scrollTop - element.clientHeight"


def is_at_end(page: Page, *, that: bool = True) -> None:
    """Waits until the transcript stands at its end, or elsewhere."""
    page.wait_for_function(
        "([expected]) => { const element = document.querySelector('#root').shadowRoot"
        f".querySelector('.transcript'); return ({BELOW} < 2) === expected; }}",
        arg=[that],
        timeout=5000,
    )


def test_a_transcript_stays_at_its_end_until_the_reader_scrolls_up(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    made = eventful_run(text=TEXT, size=20, cut=False)
    page.goto(server.address(run=ended_run(log, made)))
    expect(page.locator(".badge")).to_have_text("Completed")
    is_at_end(page)
    page.set_viewport_size({"width": 480, "height": 700})
    expect(page.locator(".figures")).to_have_css("order", "3")  # laid out for this width
    is_at_end(page)
    page.locator(".transcript").hover()
    page.mouse.wheel(0, -400)
    is_at_end(page, that=False)
    page.set_viewport_size({"width": 900, "height": 700})
    expect(page.locator(".figures")).to_have_css("order", "0")
    is_at_end(page, that=False)
