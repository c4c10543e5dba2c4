"""The anywidget side of the live view, with a kernel made of a few lines of JavaScript."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import watched_page
from tests.support.live_page import LivePage
from tests.support.long_run import entries_of, entry_json, eventful_run
from workbench.log.memory import MemoryLog

pytestmark = pytest.mark.browser

ENTRIES = entry_json(entries_of(eventful_run()))

# What anywidget gives a view: traits that tell of their changes, and messages both ways.
MODEL = """async (traits) => {
  const listeners = new Map();
  window.sent = []; window.saved = 0;
  window.model = {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; },
    save_changes: () => { window.saved += 1; },
    on: (name, act) => listeners.set(name, [...(listeners.get(name) ?? []), act]),
    off: (name, act) => listeners.set(name, listeners.get(name).filter((each) => each !== act)),
    send: (message) => { window.sent.push(message); },
  };
  window.change = (name, value) => { traits[name] = value; window.ring(`change:${name}`); };
  window.ring = (name, message) => listeners.get(name)?.forEach((act) => act(message));
  window.append = (run, entries) => window.ring("msg:custom", { type: "append", run, entries });
  window.listening = () => [...listeners.values()].flat().length;
  const { default: workbench } = await import("/module.mjs");
  window.widget = workbench();
  window.end = window.widget.initialize({ model: window.model });
  const views = [];
  window.another = () => {
    const el = document.body.appendChild(document.createElement("div"));
    views.push(window.widget.render({ model: window.model, el }));
  };
  window.close = () => views.pop()();
  window.another();
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with LivePage(MemoryLog()) as server, watched_page(browser) as watched:
        watched.page.goto(server.url)
        yield watched.page


TRAITS = {"run": "r1", "mode": "live", "position": 0, "speed": 1}


def show(page: Page, **traits: Any) -> None:
    page.evaluate(MODEL, {**TRAITS, **traits})


def append(page: Page, entries: list[dict[str, Any]], run: str = "r1") -> None:
    page.evaluate("([run, entries]) => append(run, entries)", [run, entries])


def syncs(page: Page) -> list[dict[str, Any]]:
    return [each for each in page.evaluate("sent") if each["type"] == "sync"]


def held(page: Page, length: int) -> None:
    expect(page.locator(".wb").first).to_have_attribute("data-length", str(length))


def held_by_two(page: Page, length: int) -> None:
    expect(page.locator(f".wb[data-length='{length}']")).to_have_count(2)


def test_it_asks_until_the_kernel_answers(page: Page) -> None:
    show(page)
    page.wait_for_function("sent.length >= 3", timeout=10_000)
    assert syncs(page)[0] == {"type": "sync", "run": "r1", "after": 0}
    append(page, [])
    asked = len(syncs(page))
    page.wait_for_timeout(1300)
    assert len(syncs(page)) == asked


def test_a_gap_is_asked_for_and_filled_once(page: Page) -> None:
    show(page)
    append(page, ENTRIES[:40])
    append(page, ENTRIES[60:80])
    assert syncs(page)[-1]["after"] == 40
    append(page, ENTRIES[40:])
    held(page, len(ENTRIES))
    expect(page.get_by_text("A slow week")).to_have_count(1)


def test_the_stored_text_is_asked_of_the_kernel(page: Page) -> None:
    show(page, mode="replay", position=30)
    append(page, ENTRIES)
    page.get_by_role("button", name="Raw").click()
    page.wait_for_function("sent.at(-1).type === 'raw'")
    asked = page.evaluate("sent.at(-1)")
    number = asked.pop("ask")
    assert asked == {"type": "raw", "run": "r1", "cursor": 30, "most": 32768}
    answer = """(answer) => ring("msg:custom", {type: "raw", run: "r1", ...answer})"""
    page.evaluate(answer, {"ask": number - 1, "text": "of another question", "bytes": 1})
    page.evaluate(answer, {"ask": number, "text": '{"a":1}', "bytes": 7, "source": "received"})
    expect(page.locator(".raw pre")).to_have_text('{"a":1}')
    page.locator(".wb").press("ArrowRight")
    page.wait_for_function("sent.filter(({type}) => type === 'raw').length === 2")
    page.evaluate(answer, {"ask": number + 1, "error": "This run is gone."})
    expect(page.locator(".raw-about")).to_have_text("This run is gone.")


def test_entries_of_another_run_are_not_taken(page: Page) -> None:
    show(page)
    append(page, ENTRIES[:40])
    append(page, ENTRIES[40:], run="r2")
    held(page, 40)


def test_the_position_is_a_trait_both_ways(page: Page) -> None:
    show(page, mode="replay")
    append(page, ENTRIES)
    page.evaluate("change('position', 30)")
    expect(page.locator(".wb")).to_have_attribute("data-position", "30")
    page.locator(".wb").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("model.get('position') === 31 && saved > 0")


def test_speed_selection_and_play_are_traits_too(page: Page) -> None:
    show(page, mode="replay", speed=0, selection=[10, 20])
    append(page, ENTRIES)
    expect(page.get_by_label("Speed")).to_have_value("Infinity")
    page.get_by_label("Speed").select_option("4×")
    page.wait_for_function("model.get('speed') === 4")
    page.evaluate("change('selection', null)")
    page.evaluate("change('speed', 0)")
    page.evaluate("change('playing', true)")
    page.wait_for_function("model.get('playing') === false")
    expect(page.locator(".wb")).to_have_attribute("data-position", str(len(ENTRIES)))


def test_what_is_set_before_the_entries_come_holds_until_a_hand_moves_it(page: Page) -> None:
    show(page, mode="replay", position=None)
    page.evaluate("change('position', 30)")
    page.evaluate("change('selection', [32, 38])")
    append(page, ENTRIES[:40])
    view = page.locator(".wb")
    expect(view).to_have_attribute("data-position", "30")
    page.locator(".scrub").focus()
    page.keyboard.press("ArrowLeft")
    expect(view).to_have_attribute("data-position", "29")
    append(page, ENTRIES[40:])
    held(page, len(ENTRIES))
    expect(view).to_have_attribute("data-position", "29")
    assert page.evaluate("model.get('selection')") == [32, 38]
    page.evaluate("change('speed', 0)")
    page.evaluate("change('playing', true)")
    expect(view).to_have_attribute("data-position", "38")


@pytest.mark.parametrize("mode", ["replay", "compare"])
def test_it_plays_when_that_was_asked_before_the_entries_came(page: Page, mode: str) -> None:
    show(page, mode=mode, options={"runs": [{"run": "r1"}]}, playing=True, speed=1, position=None)
    assert page.evaluate("model.get('playing')")
    append(page, ENTRIES)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.evaluate("change('speed', 0)")
    page.wait_for_function("model.get('playing') === false")


def test_a_second_view_shows_what_the_first_one_has_without_asking(page: Page) -> None:
    show(page)
    append(page, ENTRIES[:40])
    asked = len(syncs(page))
    page.evaluate("another()")
    held_by_two(page, 40)
    page.evaluate("close()")
    append(page, ENTRIES)
    page.evaluate("another()")
    held_by_two(page, len(ENTRIES))
    assert len(syncs(page)) == asked


def test_what_the_kernel_sends_unasked_is_not_asked_for(page: Page) -> None:
    # In one go: on a busy machine a second call might come after the moment when a view asks.
    both = f"async ([traits, entries]) => {{ await ({MODEL})(traits); append('r1', entries); }}"
    page.evaluate(both, [TRAITS, ENTRIES])
    page.wait_for_timeout(1300)
    assert syncs(page) == []


def test_the_picture_is_hidden_as_long_as_the_view_shows_something(page: Page) -> None:
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p class=\"still\">Still</p>')")
    show(page, hiding=".still { display: none }")
    picture = page.get_by_text("Still")
    expect(picture).to_be_visible()
    append(page, ENTRIES[:40])
    expect(picture).to_be_hidden()
    page.evaluate("close()")
    expect(picture).to_be_visible()


def test_another_run_or_mode_makes_another_screen(page: Page) -> None:
    show(page)
    append(page, ENTRIES[:40])
    page.evaluate("change('run', 'r2')")
    held(page, 0)
    assert syncs(page)[-1] == {"type": "sync", "run": "r2", "after": 0}
    runs = [{"run": "r1", "label": "One"}, {"run": "r2", "label": "Two"}]
    page.evaluate("(runs) => { change('options', { runs }); change('mode', 'compare'); }", runs)
    expect(page.locator(".track")).to_have_count(2)
    append(page, ENTRIES, run="r1")
    append(page, ENTRIES, run="r2")
    expect(page.locator(".reader .words").last).to_contain_text("reader done")


def test_wishes_reach_the_kernel(page: Page) -> None:
    show(page)
    append(page, ENTRIES[:40])
    page.get_by_role("button", name="Stop this run").click()
    assert page.evaluate("sent.at(-1)") == {
        "type": "event",
        "name": "stop",
        "run": "r1",
        "detail": {},
    }


def test_a_view_made_before_it_is_in_the_page_has_its_colours(page: Page) -> None:
    show(page, mode="replay")
    page.evaluate("close()")
    page.evaluate(
        """() => {
          const el = document.createElement("div");
          widget.render({ model, el });
          requestAnimationFrame(() => setTimeout(() => document.body.append(el), 50));
        }"""
    )
    append(page, ENTRIES)
    page.evaluate("change('position', 30)")
    held(page, len(ENTRIES))
    expect(page.locator(".wb")).to_have_attribute("data-theme", "light")
    expect(page.locator(".wb")).to_have_attribute("data-position", "30")
    # Right of the cursor lies a veil of the background, which is light here.
    veil = page.evaluate(
        """() => new Promise((done) => requestAnimationFrame(() => {
          const canvas = document.querySelector("canvas.lanes");
          const x = canvas.width - 30, { data } = canvas.getContext("2d").getImageData(x, 60, 1, 1);
          done([...data]);
        }))"""
    )
    assert min(veil[:3]) > 200


def test_colours_that_change_while_the_page_is_hidden_are_drawn(page: Page) -> None:
    show(page, mode="replay")
    append(page, ENTRIES)
    expect(page.locator(".wb")).to_have_attribute("data-theme", "light")
    page.evaluate(
        """async () => {
          document.body.style.cssText = "display: none; background: #111";
          await Promise.resolve();
          requestAnimationFrame(() => { document.body.style.display = ""; });
        }"""
    )
    expect(page.locator(".wb")).to_have_attribute("data-theme", "dark")
    # The line below the first lane, left of all that happened.
    page.wait_for_function(
        """() => {
          const canvas = document.querySelector("canvas.lanes");
          const { data } = canvas.getContext("2d").getImageData(95, 24, 1, 5);
          return data.some((value, i) => i % 4 === 3 && value > 50 && data[i - 1] < 100);
        }"""
    )


def test_a_closed_view_leaves_nothing_behind(page: Page) -> None:
    show(page)
    page.evaluate("{ close(); end(); }")
    expect(page.locator(".wb")).to_have_count(0)
    assert page.evaluate("listening()") == 0
    asked = len(syncs(page))
    page.wait_for_timeout(1300)
    assert len(syncs(page)) == asked


def test_back_to_live_is_no_place_that_would_go_stale(page: Page) -> None:
    show(page, position=None)
    append(page, ENTRIES[:40])
    page.locator(".scrub").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("model.get('position') === 39")
    page.get_by_role("button", name="Back to live").click()
    page.wait_for_function("model.get('position') === null")
    append(page, ENTRIES[40:60])
    expect(page.locator(".wb")).to_have_attribute("data-position", "60")
    page.evaluate("change('position', 10)")
    expect(page.locator(".wb")).to_have_attribute("data-position", "10")
    page.evaluate("change('position', null)")
    expect(page.locator(".wb")).to_have_attribute("data-position", "60")


def test_two_views_of_one_widget_play_to_the_end_together(page: Page) -> None:
    show(page, mode="replay", speed=16, position=1)
    page.evaluate("another()")
    append(page, ENTRIES)
    page.evaluate("change('playing', true)")
    expect(page.locator(f".wb[data-position='{len(ENTRIES)}']")).to_have_count(2, timeout=20_000)
    page.wait_for_function("model.get('playing') === false")


def test_a_comparison_has_traits_too(page: Page) -> None:
    runs = [{"run": "r1", "label": "One"}, {"run": "r2", "label": "Two"}]
    show(page, mode="compare", run="", options={"runs": runs}, position=100, speed=4)
    append(page, ENTRIES, run="r1")
    append(page, ENTRIES, run="r2")
    expect(page.get_by_label("Speed")).to_have_value("4")
    expect(page.locator(".column").first.get_by_role("link", name="the list")).to_have_count(0)
    page.get_by_label("Speed").select_option("8×")
    page.wait_for_function("model.get('speed') === 8")
    page.evaluate("change('position', null)")
    expect(page.locator(".column").first.get_by_role("link", name="the list")).to_have_count(1)


def test_a_run_may_stand_beside_itself(page: Page) -> None:
    show(page, mode="compare", run="", options={"runs": [{"run": "r1"}, {"run": "r1"}]})
    append(page, ENTRIES)
    expect(page.locator(".badge")).to_have_text(["Completed"] * 2)


def test_trouble_in_the_kernel_is_said_by_every_view(page: Page) -> None:
    trouble = "ring('msg:custom', {type: 'trouble', run: 'r1', message: 'It was closed.'})"
    show(page)
    append(page, ENTRIES[:40])
    expect(page.get_by_role("button", name="Stop this run")).to_be_visible()
    page.evaluate(trouble)
    expect(page.get_by_role("button", name="Stop this run")).to_be_hidden()
    elapsed = page.locator(".figure.elapsed .value").inner_text()
    page.wait_for_timeout(700)
    assert page.locator(".figure.elapsed .value").inner_text() == elapsed
    page.evaluate("another()")
    expect(page.locator(".link-state")).to_have_text(["It was closed."] * 2)
    page.evaluate("{ change('options', { runs: [{ run: 'r1' }] }); change('mode', 'compare'); }")
    page.evaluate(trouble)
    expect(page.locator(".track-figures")).to_have_text(["It was closed."] * 2)
