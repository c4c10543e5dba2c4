"""What the live view shows of a run, in a real browser, fed through the gateway's own sockets."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Watched
from tests.support.live_page import LivePage, held, triggers
from tests.support.live_runs import EVENTS, ended_run, finish, watched_run
from tests.support.logs import start
from tests.support.long_run import append_events, eventful_run
from workbench.log.memory import MemoryLog

pytestmark = pytest.mark.browser


def test_text_and_badge_follow_the_run(log: MemoryLog, server: LivePage, page: Page) -> None:
    lease = start(log)
    append_events(log, lease, EVENTS[:1])
    page.goto(server.address(run=lease.run, expected=len(EVENTS)))
    expect(page.locator(".badge")).to_have_text("Queued")
    expect(page.get_by_text("Nothing has arrived yet")).to_be_visible()
    append_events(log, lease, EVENTS[1:70])
    expect(page.locator(".badge")).to_have_text("In progress")
    expect(page.get_by_role("heading", name="A week in Lisbon")).to_be_visible()
    expect(page.locator(".figure.expected .value")).to_have_text("51 %")
    finish(log, lease, EVENTS[70:])
    expect(page.locator(".badge")).to_have_text("Completed")
    expect(page.get_by_role("link", name="the list")).to_be_visible()
    held(page, len(EVENTS))
    assert [(each["name"], each["status"]) for each in triggers(page)] == [("ended", "completed")]


def test_thinking_is_one_line_until_the_reader_opens_it(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    lease = start(log)
    append_events(log, lease, EVENTS[:18])
    page.goto(server.address(run=lease.run))
    thinking = page.locator(".thinking")
    expect(thinking.locator(".title")).to_contain_text("Thinking")
    expect(thinking.locator(".line")).to_contain_text("look at the weather")
    told = thinking.locator(".body").get_by_text("mornings should stay free")
    expect(told).to_be_hidden()
    thinking.locator("summary").click()
    expect(told).to_be_visible()
    append_events(log, lease, EVENTS[18:60])
    expect(thinking.locator(".title")).to_contain_text("Thought")
    expect(told).to_be_visible()
    expect(thinking.get_by_text("Placing the days")).to_have_count(1)


def test_who_wants_no_motion_sees_none(log: MemoryLog, server: LivePage, page: Page) -> None:
    watched_run(log, server, page, 18)
    pulse = page.locator(".thinking .pulse")
    moves = "element => getComputedStyle(element).animationName !== 'none'"
    assert pulse.evaluate(moves)
    page.emulate_media(reduced_motion="reduce")
    assert not pulse.evaluate(moves)


def test_a_tool_card_goes_from_pending_to_complete(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    called = next(n for n, event in enumerate(EVENTS) if "arguments.delta" in event["type"])
    lease = start(log)
    append_events(log, lease, EVENTS[: called + 3])
    page.goto(server.address(run=lease.run))
    card = page.locator(".card")
    expect(card.locator(".name")).to_have_text("get_weather")
    expect(card.locator(".status")).to_have_text("pending")
    expect(card.locator("pre").first).to_have_text('{"place":"Lisbo')
    append_events(log, lease, EVENTS[called + 3 : called + 15])
    expect(card.locator(".status")).to_have_text("complete")
    expect(card.locator("pre").first).to_contain_text('"days": 7')


def test_structured_output_shows_as_a_tree_while_it_forms(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    text = '{"title":"Lisbon","days":[{"name":"Alfama"},{"name":"Belém"}],"open":true}'
    made = eventful_run(text=text, size=5, cut=False)
    events = [event for _, event in made]
    half = next(n for n, event in enumerate(events) if event["type"] == "response.output_text.done")
    lease = start(log)
    append_events(log, lease, events[: half - 5])
    page.goto(server.address(run=lease.run))
    tree = page.locator(".structured")
    expect(tree).to_contain_text("1 part finished")
    expect(tree).to_contain_text("Alfama")
    finish(log, lease, events[half - 5 :])
    expect(tree).to_contain_text("3 parts finished")
    expect(tree).to_contain_text("valid JSON")


HOSTILE = """<script>window.owned = 1</script><img src=x onerror="window.owned = 1">

[press me](javascript:window.owned=1) **<b onclick=x>bold</b>** \x1b[31mred\x1b[0m

`</code><svg onload=window.owned=1>` \u202egnp.exe

"""


def test_hostile_output_stays_text(log: MemoryLog, server: LivePage, page: Page) -> None:
    made = eventful_run(text=HOSTILE + "x" * 1_000_000, size=50_000, cut=False)
    began = time.monotonic()
    page.goto(server.address(run=ended_run(log, made), label="\x1b[1m\u202egnp"))
    expect(page.locator(".badge")).to_have_text("Completed")
    expect(page.locator(".run-title")).to_have_text("␛[1m⟨U+202E⟩gnp")
    expect(page.locator(".message")).to_contain_text("<script>window.owned = 1</script>")
    expect(page.locator(".message")).to_contain_text("␛[31mred␛[0m")
    expect(page.locator(".message")).to_contain_text("⟨U+202E⟩gnp.exe")
    assert time.monotonic() - began < 10, "a line of a megabyte held the page up"
    assert page.locator(".message :is(script, img, svg, b, a)").count() == 0
    assert page.evaluate("window.owned") is None
    page.get_by_role("button", name="more characters").last.click()
    expect(page.locator(".badge")).to_have_text("Completed")


def test_new_data_keeps_the_view_and_its_place(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    run = ended_run(log)
    data = {"run": run, "url": f"api/runs/{run}/ws", "mode": "replay"}
    page.goto(server.address(**data))
    held(page, len(EVENTS))
    page.locator(".wb").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.evaluate("(data) => show(data)", {**data, "label": "Lisbon", "position": 134})
    expect(page.locator(".run-title")).to_have_text("Lisbon")
    expect(page.locator(".wb")).to_have_attribute("data-position", "134")
    page.evaluate("(data) => show(data)", {**data, "position": 20})
    expect(page.locator(".wb")).to_have_attribute("data-position", "20")
    page.evaluate("cleanup()")
    expect(page.locator(".wb")).to_have_count(0)


def test_a_comparison_says_what_streaming_saves(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    whole = [(at, event) for at, event in eventful_run(cut=False) if "delta" not in event["type"]]
    late = [(at if n < 3 else whole[-1][0], event) for n, (at, event) in enumerate(whole)]
    runs = [
        {"run": run, "label": label, "url": f"api/runs/{run}/ws"}
        for label, run in (("Stream", ended_run(log)), ("No \u202estream", ended_run(log, late)))
    ]
    page.goto(server.address(mode="compare", runs=runs))
    expect(page.locator(".claim")).to_contain_text("Stream shows its first words")
    for place in (".claim", ".track strong", ".column-title", ".reader-label"):
        expect(page.locator(place).last).to_contain_text("No ⟨U+202E⟩stream")
    expect(page.locator(".reader .words").first).to_contain_text("reader done")
    expect(page.locator(".track")).to_have_count(2)
    page.locator(".track-lanes").first.click(position={"x": 200, "y": 40})
    expect(page.locator(".column").first.get_by_role("link", name="the list")).to_have_count(0)


def test_a_cell_of_the_lab_tells_the_host(server: LivePage, page: Page) -> None:
    cells = [
        {"row": 0, "column": 0, "verdict": "pass", "run": "r1"},
        {"row": 0, "column": 1, "verdict": "fail", "run": "r2", "sentence": "\u202etext"},
    ]
    grid = {"rows": ["short\u202e"], "columns": ["cut", "reset"], "cells": cells}
    page.goto(server.address(mode="lab", grid=grid))
    expect(page.locator(".grid-summary")).to_have_text("1 passed · 1 failed")
    cell = page.get_by_role("button", name="short⟨U+202E⟩ with reset failed: ⟨U+202E⟩text")
    cell.click()
    assert [(each["name"], each["run"]) for each in triggers(page)] == [("cell", "r2")]


def test_nothing_is_asked_of_any_other_host(
    log: MemoryLog, server: LivePage, watched: Watched
) -> None:
    watched.page.goto(server.address(run=ended_run(log)))
    held(watched.page, len(EVENTS))
    assert {host.split(":")[0] for host in watched.hosts} == {"127.0.0.1"}
