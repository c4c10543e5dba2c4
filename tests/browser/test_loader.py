"""The small module that is saved with a notebook, and gets the view from the kernel."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import launched, watched_page
from tests.support.live_page import LivePage
from tests.support.long_run import entries_of, entry_json, eventful_run
from workbench.log.memory import MemoryLog
from workbench.static import loader, module

pytestmark = pytest.mark.browser

ENTRIES = entry_json(entries_of(eventful_run()))

# Widgets of one page, each with a kernel's end of its own.
WIDGETS = """async (loader) => {
  const text = new Blob([loader], { type: "text/javascript" });
  const { default: widget } = await import(URL.createObjectURL(text));
  window.widgets = ["r1", "r2"].map((run) => {
    const traits = { run, mode: "live", module: "one" }, sent = [], heard = [];
    const model = {
      get: (name) => traits[name],
      set: () => {},
      save_changes: () => {},
      on: (name, act) => name === "msg:custom" && heard.push(act),
      off: (name, act) => name === "msg:custom" && heard.splice(heard.indexOf(act), 1),
      send: (message) => sent.push(message),
    };
    const definition = widget();
    const end = definition.initialize({ model });
    definition.render({ model, el: document.body.appendChild(document.createElement("div")) });
    return { sent, heard, end, tell: (message) => [...heard].forEach((act) => act(message)) };
  });
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with LivePage(MemoryLog()) as server, watched_page(browser) as watched:
        watched.page.goto(server.url)
        watched.page.evaluate(WIDGETS, loader())
        yield watched.page


def tell(page: Page, widget: int, **message: object) -> None:
    page.evaluate("([widget, message]) => widgets[widget].tell(message)", [widget, message])


def test_one_asks_and_all_of_the_page_get_the_view(page: Page) -> None:
    assert page.evaluate("widgets.map(({ sent }) => sent)") == [[{"type": "module"}], []]
    tell(page, 0, type="append", run="r1", entries=ENTRIES[:40])
    tell(page, 1, type="append", run="r2", entries=ENTRIES)
    tell(page, 0, type="module", text=module())
    views = page.locator(".wb")
    expect(views).to_have_count(2)
    expect(views.first).to_have_attribute("data-length", "40")
    expect(views.last).to_have_attribute("data-length", str(len(ENTRIES)))
    tell(page, 0, type="append", run="r1", entries=ENTRIES[40:])
    expect(views.first).to_have_attribute("data-length", str(len(ENTRIES)))


def test_it_asks_again_until_it_gets_the_view_and_no_more_when_closed(page: Page) -> None:
    page.wait_for_function("widgets.flatMap(({ sent }) => sent).length >= 2")
    page.evaluate("widgets[0].end()")
    asked = page.evaluate("widgets[1].sent.length")
    page.wait_for_function("(asked) => widgets[1].sent.length > asked", arg=asked)
    page.evaluate("widgets[1].end()")
    assert page.evaluate("widgets.flatMap(({ heard }) => heard).length") == 0
