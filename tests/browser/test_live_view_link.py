"""How the live view hangs on to its run: reloads, gaps, restarts, lost networks, many tabs."""

import orjson
import pytest
from playwright.sync_api import Page, expect
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from tests.support.live_page import LivePage, held
from tests.support.live_runs import EVENTS, MADE, finish, watched_run
from tests.support.logs import start
from tests.support.long_run import append_events, entries_of, entry_json
from workbench.log.memory import MemoryLog

pytestmark = pytest.mark.browser


def test_a_reload_in_the_middle_shows_everything_once(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    lease = watched_run(log, server, page, 80)
    page.reload()
    held(page, 80)
    finish(log, lease, EVENTS[80:])
    expect(page.locator(".badge")).to_have_text("Completed")
    expect(page.get_by_text("A slow week")).to_have_count(1)
    expect(page.get_by_text("Placing the days")).to_have_count(1)


def test_a_gap_is_asked_for_again(log: MemoryLog, server: LivePage, page: Page) -> None:
    entries = entry_json(entries_of(MADE))
    asked: list[int] = []

    async def leaky(socket: WebSocket) -> None:
        await socket.accept()
        after = int(socket.query_params["after"])
        asked.append(after)
        sent = entries[after:]
        if len(asked) == 1:
            sent = entries[:40] + entries[60:]
        await socket.send_text(orjson.dumps(sent[:40]).decode())
        await socket.send_text(orjson.dumps(sent[40:]).decode())
        await socket.send_text('{"end":true}')
        await socket.close()

    server.stop()
    server.extra = [WebSocketRoute("/leaky", leaky)]
    server.start()
    page.goto(server.address(run="leaky", url="leaky"))
    held(page, len(MADE))
    expect(page.get_by_text("A slow week")).to_have_count(1)
    assert asked == [0, 40]


def test_an_open_page_survives_a_restart_of_the_server(
    log: MemoryLog, server: LivePage, page: Page
) -> None:
    lease = watched_run(log, server, page, 60)
    server.stop()
    expect(page.locator(".link-state")).to_contain_text("connection to the workbench was lost")
    append_events(log, lease, EVENTS[60:90])
    server.start()
    held(page, 90)
    expect(page.locator(".link-state")).to_be_hidden()
    finish(log, lease, EVENTS[90:])
    expect(page.locator(".badge")).to_have_text("Completed")


def test_offline_is_said_and_ends_by_itself(log: MemoryLog, server: LivePage, page: Page) -> None:
    lease = watched_run(log, server, page, 60)
    page.context.set_offline(True)
    expect(page.locator(".link-state")).to_have_text("This browser is offline.")
    append_events(log, lease, EVENTS[60:90])
    page.context.set_offline(False)
    held(page, 90)


def test_an_unknown_run_is_said_once_and_not_asked_for_again(server: LivePage, page: Page) -> None:
    page.goto(server.address(run="r0000000000000000000000000"))
    expect(page.locator(".wb")).to_have_attribute("data-connection", "refused")
    expect(page.locator(".link-state")).to_be_visible()


def test_eight_tabs_stay_live(log: MemoryLog, server: LivePage, page: Page) -> None:
    lease = start(log)
    append_events(log, lease, EVENTS[:40])
    tabs = [page, *(page.context.new_page() for _ in range(7))]
    for tab in tabs:
        tab.goto(server.address(run=lease.run))
    finish(log, lease, EVENTS[40:])
    for tab in tabs:
        held(tab, len(EVENTS))
        expect(tab.locator(".badge")).to_have_text("Completed")
