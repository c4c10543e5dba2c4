"""The live page of the dashboard: start, watch, reload, break, stop, lose nothing."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Watched, watched_page
from tests.support.dashboard import WINDOW, Dashboard
from tests.support.waiting import wait_until
from workbench.simulator.server import Simulator

pytestmark = pytest.mark.browser

KEY = "sk-not-to-be-seen-anywhere"
GREEN = "Exactly once, in order, equal to the provider's final object."
LONG_MS = 30_000


@pytest.fixture(scope="module")
def provider() -> Iterator[Simulator]:
    """Somebody else's server, as far as the dashboard knows."""
    with Simulator(require_key=True) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory, provider: Simulator) -> Iterator[Dashboard]:
    folder = tmp_path_factory.mktemp("dashboard") / "data"
    with Dashboard(
        folder, WORKBENCH_LEASE_S="1", OPENAI_API_KEY=KEY, OPENAI_BASE_URL=provider.base_url
    ) as dashboard:
        yield dashboard


@pytest.fixture
def watched(browser: Browser, dashboard: Dashboard) -> Iterator[Watched]:
    with watched_page(browser, host=dashboard.host, viewport=WINDOW) as watched:
        yield watched


def held(page: Page) -> int:
    """How many entries the view holds; none before it is there."""
    # Streamlit may hold the old and the new one for a moment, while it takes a page up again.
    view = page.locator(".wb").first
    return int(view.get_attribute("data-length") or 0) if view.count() else 0


def holds(page: Page, more_than: int, *, timeout_s: float = 20) -> int:
    return wait_until(
        lambda: held(page) if held(page) > more_than else 0,
        f"the view holds more than {more_than} entries",
        timeout_s=timeout_s,
    )


def shows(page: Page, run: str) -> None:
    """Once the view of another run has made way, keys reach this one."""
    expect(page.locator(f'.wb[data-run="{run}"]')).to_be_visible(timeout=LONG_MS)
    expect(page.locator(".wb")).to_have_count(1)


def asked_run(page: Page) -> str:
    page.wait_for_url("**run=r*")
    return str(httpx.URL(page.url).params["run"])


def badge(page: Page, text: str, *, timeout: int = LONG_MS) -> None:
    expect(page.locator(".badge")).to_have_text(text, timeout=timeout)


def is_green(page: Page) -> None:
    expect(page.get_by_text(GREEN)).to_be_visible(timeout=LONG_MS)


def thoughts(page: Page) -> list[str]:
    """The headings of the reasoning summaries, in order, folded away as they are."""
    return [text.strip() for text in page.locator(".thinking .body strong").all_text_contents()]


def headings(shown: dict[str, Any]) -> list[str]:
    return [summary.split("**")[1] for summary in shown["summaries"]]


def test_the_first_run_takes_one_click_and_survives_a_reload(
    dashboard: Dashboard, page: Page
) -> None:
    page.goto(f"{dashboard.url}/?speed=5")
    expect(page.get_by_role("heading", name="Watch it generate")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Start a run").click()
    run = asked_run(page)
    badge(page, "In progress")
    expect(page.locator(".thinking .line")).not_to_be_empty()
    early = holds(page, 20)
    wait_until(lambda: len(thoughts(page)) >= 4, "four summaries are shown")
    assert held(page) > early

    page.reload()
    holds(page, early)
    # What was seen before the reload is there once, and the run goes on.
    wait_until(lambda: len(thoughts(page)) >= 5, "the summaries go on")
    badge(page, "Completed")
    is_green(page)
    shown = dashboard.show(run)
    assert thoughts(page) == headings(shown)
    assert len(set(thoughts(page))) == len(shown["summaries"])
    assert held(page) == shown["cursor"]
    assert httpx.URL(page.url).params["speed"] == "5", "the settings stay in the address"


def test_what_opens_in_a_second_tab_agrees(dashboard: Dashboard, page: Page) -> None:
    run = dashboard.run(scenario="short")
    page.goto(f"{dashboard.url}/?run={run}")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Second tab").click()
    other = opened.value
    for each in (page, other):
        badge(each, "Completed")
        is_green(each)
    texts = [each.locator(".transcript").inner_text() for each in (page, other)]
    assert texts[0] == texts[1]
    assert held(page) == held(other) == dashboard.cursor(run)


def test_eight_tabs_stay_live(dashboard: Dashboard, page: Page) -> None:
    run = dashboard.run(scenario="planner")
    tabs = [page, *(page.context.new_page() for _ in range(7))]
    for tab in tabs:
        tab.goto(f"{dashboard.url}/?run={run}", wait_until="commit")
    before = [holds(tab, 0, timeout_s=60) for tab in tabs]
    for tab, length in zip(tabs, before, strict=True):
        holds(tab, length)
    dashboard.http.post(f"/api/runs/{run}/cancel")
    for tab in tabs:
        badge(tab, "Cancelled")


def test_a_browser_that_was_offline_for_five_seconds_catches_up(
    dashboard: Dashboard, page: Page
) -> None:
    run = dashboard.run(scenario="planner", speed=4)
    page.goto(f"{dashboard.url}/?run={run}")
    holds(page, 20)
    page.context.set_offline(True)
    expect(page.locator(".link-state")).to_have_text("This browser is offline.")
    at = page.evaluate("performance.now()")
    page.wait_for_function("at => performance.now() > at + 5000", arg=at)
    missed = dashboard.cursor(run)
    assert held(page) < missed, "nothing came while offline"
    page.context.set_offline(False)
    holds(page, missed)
    badge(page, "Completed")
    is_green(page)
    assert held(page) == dashboard.cursor(run)


def test_an_open_page_outlives_a_killed_server(dashboard: Dashboard, page: Page) -> None:
    run = dashboard.run(scenario="planner", speed=4)
    page.goto(f"{dashboard.url}/?run={run}")
    expect(page.get_by_text("First sign", exact=True)).to_be_visible(timeout=LONG_MS)
    before = holds(page, 100)
    page.evaluate("window.isTheSamePage = true")
    dashboard.kill()
    assert held(page) >= before, "what was read stays on the screen"
    dashboard.start()
    holds(page, before + 200, timeout_s=40)
    badge(page, "Completed")
    shown = dashboard.show(run)
    assert shown["seams"]["holds"] is True
    assert held(page) == shown["cursor"]
    assert page.evaluate("window.isTheSamePage"), "nobody reloaded it"


def test_stop_reaches_the_provider_and_no_key_reaches_the_page(
    dashboard: Dashboard, provider: Simulator, page: Page
) -> None:
    page.goto(f"{dashboard.url}/?provider=openai&model=sim:planner")
    page.get_by_role("button", name="Start a run").click(timeout=LONG_MS)
    run = asked_run(page)
    holds(page, 20)
    page.get_by_role("button", name="Stop").click()
    badge(page, "Cancelled")
    shown = dashboard.show(run)
    truth = f"{provider.base_url.removesuffix('/v1')}/__sim/responses/{shown['response_id']}"
    assert httpx.get(truth, trust_env=False).json()["final"]["status"] == "cancelled"
    assert KEY not in page.content()
    assert KEY not in dashboard.http.get(f"/api/runs/{run}").text
    assert KEY not in dashboard.output


def test_escape_stops_and_j_and_k_walk_between_runs(dashboard: Dashboard, page: Page) -> None:
    older, newer = (dashboard.run(scenario="planner", input=name) for name in ("older", "newer"))
    page.goto(f"{dashboard.url}/?run={newer}")
    holds(page, 5)
    page.keyboard.press("j")
    page.wait_for_url(f"**run={older}*")
    shows(page, older)
    holds(page, 5)
    page.keyboard.press("Escape")
    badge(page, "Cancelled")
    page.keyboard.press("k")
    page.wait_for_url(f"**run={newer}*")
    shows(page, newer)
    badge(page, "In progress")
    page.keyboard.press("Escape")
    badge(page, "Cancelled")


def test_whatever_is_broken_the_seams_are_green(dashboard: Dashboard, page: Page) -> None:
    """All buttons at once, each on a run of its own in a tab of its own."""
    breaks = ("Cut the wire", "Stall", "Expire the cursor", "Go offline 5 s", "Kill the runner")
    tabs = [page, *(page.context.new_page() for _ in breaks[1:])]
    for tab, label in zip(tabs, breaks, strict=True):
        run = dashboard.run(scenario="planner", speed=3, timeouts={"idle_s": 2})
        tab.goto(f"{dashboard.url}/?run={run}")
        holds(tab, 20)
        tab.get_by_role("button", name=label).click()
        expect(tab.get_by_text("watch the seam").first).to_be_visible()
    for tab in tabs:
        badge(tab, "Completed")
        is_green(tab)
        run = asked_run(tab)
        assert dashboard.show(run)["metrics"]["attempts"] > 1
