"""The other pages of the dashboard: compare, replay, lab, runs, health."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Watched, watched_page
from tests.support.dashboard import WINDOW, Dashboard
from tests.support.long_run import eventful_run
from tests.support.npm import packages
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser

LONG_MS = 40_000
HOSTILE = (
    "<script>window.pwned = 1</script> "
    '<img src=x onerror="window.pwned = 2"> '
    "[press me](javascript:window.pwned=3) [or me](data:text/html,<script>pwned=4</script>) "
    "\x1b[31mred\x1b[0m \u202egnp.exe\u202c "
    "</div></style><iframe srcdoc='<script>parent.pwned=5</script>'></iframe>\n\n"
)
SCRUB = """async () => {
  const view = document.querySelector('[data-testid="stBidiComponentRegular"], .wb');
  const find = (root) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.matches("input.scrub, .scrub")) return each;
      const inside = each.shadowRoot && find(each.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  const canvas = (root) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.matches("canvas.lanes")) return each;
      const inside = each.shadowRoot && canvas(each.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  const lanes = canvas(document);
  const box = lanes.getBoundingClientRect();
  const at = (share) => ({pointerId: 1, bubbles: true, composed: true, button: 0, buttons: 1,
    clientX: box.left + 60 + (box.width - 70) * share, clientY: box.top + 30});
  lanes.setPointerCapture = () => {};
  lanes.hasPointerCapture = () => true;
  lanes.dispatchEvent(new PointerEvent("pointerdown", at(0)));
  const frames = 90;
  const began = performance.now();
  for (let n = 0; n < frames; n++) {
    lanes.dispatchEvent(new PointerEvent("pointermove", at((n * 37 % 100) / 100)));
    await new Promise(requestAnimationFrame);
  }
  const seconds = (performance.now() - began) / 1000;
  lanes.dispatchEvent(new PointerEvent("pointerup", at(0.5)));
  return frames / seconds;
}"""


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with Dashboard(tmp_path_factory.mktemp("dashboard") / "data") as dashboard:
        yield dashboard


@pytest.fixture
def watched(browser: Browser, dashboard: Dashboard) -> Iterator[Watched]:
    with watched_page(browser, host=dashboard.host, viewport=WINDOW) as watched:
        yield watched


def ended(dashboard: Dashboard, **options: Any) -> str:
    run = dashboard.run(**options)
    wait_until(
        lambda: dashboard.show(run)["closed_at"] is not None, "the run has ended", timeout_s=60
    )
    return run


def test_a_comparison_draws_itself_while_it_runs(dashboard: Dashboard, page: Page) -> None:
    page.goto(f"{dashboard.url}/compare?speed=20")
    page.get_by_role("button", name="Run them side by side").click(timeout=LONG_MS)
    expect(page.locator(".track")).to_have_count(4, timeout=LONG_MS)
    expect(page.locator(".track .badge")).to_have_text(["Completed"] * 4, timeout=LONG_MS)
    expect(page.locator(".claim")).to_contain_text("shows its first words")
    expect(page.locator(".reader")).to_have_count(4)
    page.reload()
    expect(page.locator(".track .badge")).to_have_text(["Completed"] * 4, timeout=LONG_MS)


def test_a_measured_comparison_has_a_table_and_leaves_as_a_file(
    dashboard: Dashboard, page: Page
) -> None:
    page.goto(f"{dashboard.url}/compare?speed=20&scenario=short")
    page.get_by_role("button", name="Measure").click(timeout=LONG_MS)
    page.get_by_role("spinbutton", name="Repeats").fill("1")
    page.get_by_role("button", name="Start measuring").click()
    expect(page.get_by_role("heading", name="Measured")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("A reader of")).to_be_visible()
    expect(page.get_by_role("button", name="Start measuring")).to_be_hidden()
    expect(page.locator(".reader")).to_have_count(4)
    with page.expect_download() as coming:
        page.get_by_role("button", name="Export as JSON").click()
    result = json.loads(Path(coming.value.path()).read_text())
    assert [lane["completed"] for lane in result["lanes"]] == [1, 1, 1, 1]


def test_twenty_thousand_entries_scrub_smoothly(dashboard: Dashboard, page: Page) -> None:
    run = ended(dashboard, scenario="tiny", speed=0)
    length = dashboard.show(run)["cursor"]
    assert length > 20_000
    page.goto(f"{dashboard.url}/replay?run={run}&at=500&speed=16")
    view = page.locator(".wb")
    expect(view).to_have_attribute("data-length", str(length), timeout=LONG_MS)
    expect(view).to_have_attribute("data-position", "500")
    rate = page.evaluate(SCRUB)
    print(f"scrubbing {length:,} entries: {rate:.0f} frames a second")  # noqa: T201 - asserts are loose, figures are not
    assert rate > 8, "far too slow, even beside other work"
    page.wait_for_function("() => new URLSearchParams(location.search).get('at') !== '500'")


def test_two_runs_are_told_apart(dashboard: Dashboard, page: Page) -> None:
    one, other = (ended(dashboard, scenario="short", speed=0, transport=each)
                  for each in ("background", "sync"))  # fmt: skip
    page.goto(f"{dashboard.url}/replay?run={one}&with={other}")
    expect(page.get_by_text("The same.")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("tab", name="Event sequence").click()
    expect(page.get_by_text("response.output_text.delta × ").first).to_be_visible()


def test_the_lab_is_green_and_each_cell_tells_its_story(dashboard: Dashboard, page: Page) -> None:
    page.goto(f"{dashboard.url}/lab")
    for name in ("Fresh run", "Reload after four summaries", "Offline for 5 s", "Two tabs"):
        expect(page.get_by_role("button", name=name)).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="All four").click()
    expect(page.get_by_text("4 passed in")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Run 10 cells").click()
    expect(page.get_by_text("10 passed in")).to_be_visible(timeout=LONG_MS)
    cells = page.locator("button.cell")
    expect(cells).to_have_count(10)
    assert cells.evaluate_all("all => all.every(each => each.dataset.verdict === 'pass')")
    cells.nth(2).click()
    expect(page.get_by_text("workbench lab --scenario short")).to_be_visible()
    expect(page.get_by_role("link", name="Open its run")).to_have_attribute(
        "href", "./?run=" + str(run_of_cell(dashboard))
    )
    page.reload()
    expect(page.get_by_text("workbench lab --scenario short")).to_be_visible(timeout=LONG_MS)


def run_of_cell(dashboard: Dashboard) -> str:
    """The run of the third cell of the newest lab."""
    newest = max((dashboard.data / "labs").iterdir())
    report = json.loads(newest.read_text())
    cell = report["grid"]["cells"][2]
    return str(cell["run"])


def test_a_run_is_exported_and_deleted(dashboard: Dashboard, page: Page) -> None:
    kept = ended(dashboard, scenario="short", speed=0, input="The one to delete later")
    run = ended(dashboard, scenario="short", speed=0, input="The one to delete")
    page.goto(f"{dashboard.url}/runs?search=the+one+to+delete")
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_be_visible(timeout=LONG_MS)
    table.click(position={"x": 20, "y": 52})
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="jsonl").click()
    lines = Path(coming.value.path()).read_text().splitlines()
    assert len(lines) == dashboard.show(run)["cursor"] + 1
    page.keyboard.press("Escape")
    delete = page.get_by_role("button", name="Delete")
    delete.click()
    expect(delete).to_be_hidden()
    assert dashboard.http.get(f"/api/runs/{run}").status_code == 410

    # A run that comes meanwhile takes the place of the chosen one, and is not deleted for it.
    table.click(position={"x": 20, "y": 52})
    expect(delete).to_be_visible()
    newer = ended(dashboard, scenario="short", speed=0, input="The one to delete never")
    delete.click()
    expect(delete).to_be_hidden()
    for each in (kept, newer):
        assert dashboard.http.get(f"/api/runs/{each}").status_code == 200


def test_hostile_output_is_text(dashboard: Dashboard, page: Page, tmp_path: Path) -> None:
    """Imported as a file, which anybody may have written."""
    made = eventful_run(text=HOSTILE + "x" * 1_000_000, size=40_000)
    file = tmp_path / "hostile.sse"
    events = [event for _, event in made if not event["type"].startswith("workbench.")]
    file.write_text("".join(f"data: {json.dumps(event)}\n\n" for event in events))
    page.goto(f"{dashboard.url}/runs")
    page.get_by_role("button", name="Import").click(timeout=LONG_MS)
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import it").click()
    link = page.get_by_role("link", name="Open")
    link.wait_for()
    for path in (
        link.get_attribute("href"),
        str(link.get_attribute("href")).replace("?", "replay?"),
    ):
        page.goto(f"{dashboard.url}/{str(path).removeprefix('./')}")
        shown = page.locator(".transcript")
        expect(shown).to_contain_text("<script>window.pwned", timeout=LONG_MS)
        expect(shown).to_contain_text("onerror=")
        assert shown.locator("script, img, iframe, a[href^=javascript], a[href^=data]").count() == 0
        assert "\x1b" not in shown.inner_text()
    assert page.evaluate("window.pwned === undefined")


@pytest.fixture(scope="module")
def axe() -> str:
    folder = packages(Path(__file__).parent / "package.json")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.mark.parametrize(
    "path",
    ["", "?run={run}", "compare?runs={run},{run}", "replay?run={run}", "lab", "runs", "health"],
)
def test_no_page_shuts_anybody_out_by_day_or_by_night(
    dashboard: Dashboard, browser: Browser, axe: str, path: str
) -> None:
    run = ended(dashboard, scenario="planner", speed=0)
    with watched_page(browser, host=dashboard.host, viewport=WINDOW, bypass_csp=True) as watched:
        page = watched.page
        page.goto(f"{dashboard.url}/{path.format(run=run)}")
        page.add_script_tag(content=axe)
        found = []
        for scheme, night in (("light", False), ("dark", True)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
            page.wait_for_function(IS_AT_REST, arg=night)
            found += [f"{scheme}: {each}" for each in serious(page)]
    assert not found, "\n".join(found)


# Streamlit loads each kind of element when it is first used, in any order: what carries our style
# sheet may come after the buttons.
IS_AT_REST = """night => {
  const app = document.querySelector("[data-testid=stApp]");
  if (app?.dataset.testScriptState !== "notRunning") return false;
  const style = getComputedStyle(app);
  const [red] = style.backgroundColor.match(/\\d+/g);
  const shown = document.querySelectorAll("[data-testid=stMain] :is(button, table)");
  return [...shown].some((each) => each.checkVisibility())
    && !document.querySelector("[data-testid=stSkeleton]")
    && style.getPropertyValue("--accent") !== ""
    && (red < 128) === night
    && !document.getAnimations().some((each) => each instanceof CSSTransition);
}"""


def serious(page: Page) -> list[str]:
    """What axe finds that keeps somebody from using the page."""
    # Streamlit itself draws the shortcut on a button, in a colour of its own.
    found = page.evaluate("axe.run({exclude: [['kbd']]}, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
