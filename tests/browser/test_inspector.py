"""The inspector in a real browser: the entry under the cursor, decoded and as it is stored."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Watched
from tests.support.live_page import LivePage
from tests.support.live_runs import ended_run
from tests.support.logs import start
from workbench.events import Arrival
from workbench.log.base import Closing
from workbench.log.memory import MemoryLog

pytestmark = pytest.mark.browser


def test_the_inspector_finds_an_entry_and_shows_it(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    page.goto(server.address(run=ended_run(log), mode="replay", position=100))
    expect(page.locator(".found")).to_have_text("135 entries")
    under_the_cursor = page.get_by_role("listbox").locator('[aria-selected="true"]')
    expect(under_the_cursor).to_be_in_viewport()
    expect(under_the_cursor).to_have_attribute("aria-posinset", "100")
    expect(under_the_cursor).to_have_attribute("aria-setsize", "135")
    page.get_by_label("Filter entries").fill("attempt.interrupted")
    expect(page.locator(".found")).to_have_text("1 of 135")
    match = page.get_by_role("listbox").get_by_role("option")
    expect(match).to_have_attribute("aria-setsize", "1")
    match.click()
    expect(page.locator(".entry-title")).to_contain_text("workbench.attempt.interrupted")
    expect(page.locator("pre.entry")).to_contain_text('"cause": "cut"')
    expect(page.locator(".entry-times")).to_contain_text("after the previous")
    expect(page.locator(".badge")).to_have_text("Reconnecting")


def test_the_inspector_shows_what_was_stored_byte_for_byte(
    log: MemoryLog, server: LivePage, watched: Watched
) -> None:
    page, lease = watched.page, start(log)
    odd = b'{ "type": "response.x",\t"delta":"caf\\u00e9 \xe2\x80\xae" }'
    large = b'{"type":"response.y","pad":"%b"}' % (b"x" * 2_000_000)
    arrivals = [Arrival(1.7e9 + n, one) for n, one in enumerate((odd, odd, large))]
    log.append(lease, arrivals, after=0, closing=Closing(status="completed")).result()
    page.goto(server.address(run=lease.run, mode="replay", position=2))
    page.get_by_role("button", name="Raw").click()
    shown = page.locator(".raw pre")
    expect(shown).to_have_text('{ "type": "response.x",09"delta":"caf\\u00e9 E2 80 AE" }')
    expect(page.locator(".byte").last).to_have_attribute("title", "U+202E")
    expect(page.locator(".raw-about")).to_contain_text(f"{len(odd)} bytes · the event's data")
    expect(page.locator(".entry-times")).to_contain_text("1.0 s after the previous")
    page.locator(".wb").press("ArrowRight")
    expect(page.locator(".raw-rest")).to_have_text("… 1,967,262 more bytes")
    assert len(shown.text_content() or "") == 32_768
    with page.expect_download() as saving:
        page.get_by_role("button", name="Download").click()
    assert saving.value.path().read_bytes() == large
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy all").click()
    expect(page.locator(".raw-rest")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == large.decode()
    log.delete(lease.run)
    page.locator(".wb").press("ArrowLeft")
    expect(page.locator(".raw-about")).to_contain_text("deleted")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert len(watched.complaints) == 1
    assert "410" in watched.complaints.pop()
