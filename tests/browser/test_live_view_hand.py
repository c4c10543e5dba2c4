"""The reader's hand on the live view: mouse, keys, scrubber."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.live_page import LivePage, held, position, triggers
from tests.support.live_runs import EVENTS, ended_run, watched_run
from tests.support.long_run import PROSE, append_events, eventful_run
from workbench.log.memory import MemoryLog

pytestmark = pytest.mark.browser


def test_the_mouse_scrubs_and_python_hears_of_it(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    page.goto(server.address(run=ended_run(log), mode="replay"))
    held(page, len(EVENTS))
    lanes = page.locator("canvas.lanes")
    box = lanes.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40, steps=8)
    page.mouse.up()
    page.wait_for_function("states.position > 0")
    assert 20 < position(page) < len(EVENTS) - 20
    assert page.evaluate("states.position") == position(page)
    expect(page.get_by_role("link", name="the list")).to_have_count(0)


def test_keys_step_jump_play_and_ask_for_other_runs(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    page.goto(server.address(run=ended_run(log), mode="replay", position=50))
    view = page.locator(".wb")
    expect(view).to_have_attribute("data-position", "50")
    view.focus()
    for key, place in (("ArrowRight", 51), ("Shift+ArrowLeft", 41), ("Home", 0), ("End", 135)):
        page.keyboard.press(key)
        expect(view).to_have_attribute("data-position", str(place))
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Escape")
    assert [each["name"] for each in triggers(page)] == ["next", "previous"]
    page.get_by_label("Speed").select_option("16×")
    view.focus()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(view).to_have_attribute("data-position", "135")


def test_escape_asks_the_host_to_stop_a_live_run(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    lease = watched_run(log, server, page, 30)
    page.locator(".wb").focus()
    page.keyboard.press("Escape")
    assert [(each["name"], each["run"]) for each in triggers(page)] == [("stop", lease.run)]


def test_scrolling_back_in_a_live_run_stays_there_until_asked(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    lease = watched_run(log, server, page, 60)
    page.locator(".scrub").focus()
    page.keyboard.press("ArrowLeft")
    append_events(log, lease, EVENTS[60:80])
    held(page, 80)
    expect(page.locator(".wb")).to_have_attribute("data-position", "59")
    page.get_by_role("button", name="Back to live").click()
    expect(page.locator(".wb")).to_have_attribute("data-position", "80")


def test_twenty_thousand_events_scrub_smoothly(
    log: MemoryLog, server: LivePage, page: Page, record_property: Callable[[str, object], None]
) -> None:
    made = eventful_run(text=PROSE * 230, size=5)
    assert len(made) > 20_000
    page.goto(server.address(run=ended_run(log, made), mode="replay"))
    held(page, len(made))
    # The best of three: other work on the machine can only take frames away.
    rate = max(page.evaluate(SCRUB_FOR_TWO_SECONDS) for _ in range(3))
    record_property("frames_per_second", round(rate))
    assert rate > 30


SCRUB_FOR_TWO_SECONDS = """() => new Promise((done) => {
  const root = document.querySelector("#root").shadowRoot, range = root.querySelector(".scrub");
  const last = Number(range.max), start = performance.now(); let frames = 0;
  const frame = (now) => {
    const part = (now - start) / 2000;
    if (part >= 1) return done(frames / ((now - start) / 1000));
    frames += 1;
    range.value = String(Math.round(last * Math.abs(Math.sin(part * 7))));
    range.dispatchEvent(new Event("input"));
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})"""
