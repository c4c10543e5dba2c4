"""The widgets in a real JupyterLab with a real kernel."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.jupyter import JupyterLab, Kernel, Notebook, jupyterlab
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

SETUP = """\
from workbench import Workbench
from workbench.widgets import CompareView, LiveView, ReplayPlayer, ResumeLab

wb = Workbench()"""

LIVE = """\
run = wb.start("Plan a week", scenario="short", speed=0.5)
view = LiveView(run)
view"""

KEYED = """\
run = wb.start("Plan a week", key="again", scenario="short", speed=1)
LiveView(run)"""


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    with jupyterlab(tmp_path_factory.mktemp("jupyterlab")) as lab:
        yield lab


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1250, "height": 1100})
    yield context.new_page()
    context.close()


def held(view: Locator) -> int:
    return int(view.get_attribute("data-length") or 0)


def at(kernel: Kernel, position: int) -> None:
    wait_until(lambda: kernel.ask("view.position") == position, f"Python is at {position}")


def test_a_live_view_grows_scrubs_reloads_and_leaves_a_picture(lab: JupyterLab, page: Page) -> None:
    cells = [f"{SETUP}\n{LIVE}", "run.wait()", "view"]
    notebook = Notebook(page, lab.write("live.ipynb", cells))
    notebook.run(1, wait=False)
    notebook.run(2, wait=False)
    view = notebook.cell(1).locator(".wb")
    view.wait_for(timeout=30_000)
    busy = notebook.cell(2).locator(".jp-InputArea-prompt")
    before = wait_until(lambda: held(view), "entries came while a cell holds the kernel up")
    wait_until(lambda: held(view) > before, "and more of them")
    expect(busy).to_have_text("[*]:")
    expect(notebook.cell(1).locator(".badge")).to_have_text("Completed", timeout=30_000)
    expect(busy).not_to_have_text("[*]:")

    with lab.kernel() as kernel:
        length = kernel.ask("run.cursor")
        assert held(view) == length
        _scrub(page, notebook, kernel, length)
        kernel.run("view.position = 50")
        expect(view).to_have_attribute("data-position", "50")
        notebook.cell(1).locator(".wb").press("i")
        notebook.cell(1).get_by_role("button", name="Raw").click()
        stored = kernel.ask("run.raw(50).text")
        expect(notebook.cell(1).locator("pre.stored")).to_have_text(stored)

        notebook.run(3)
        expect(notebook.cell(3).locator(".wb")).to_have_attribute("data-position", "50")
        expect(notebook.cell(3).locator(".wb")).to_have_attribute("data-length", str(length))

        notebook.save()
        notebook.load()
        view = notebook.cell(1).locator(".wb")
        expect(view).to_have_attribute("data-position", "50", timeout=30_000)
        expect(view).to_have_attribute("data-length", str(length))
        kernel.run("view.close()")
        wait_until(
            lambda: (
                kernel.ask(
                    "[t.name for t in __import__('threading').enumerate() if 'feed' in t.name]"
                )
                == []
            ),
            "no thread of the view is left",
        )
    _check_saved(lab.notebooks / "live.ipynb")


def _scrub(page: Page, notebook: Notebook, kernel: Kernel, length: int) -> None:
    lanes = notebook.cell(1).locator("canvas.lanes")
    box = lanes.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 40, steps=6)
    page.mouse.up()
    place = wait_until(lambda: kernel.ask("view.position"), "the mouse is heard in Python")
    assert 0 < place < length
    notebook.cell(1).locator(".scrub").focus()
    place = int(notebook.cell(1).locator(".wb").get_attribute("data-position") or 0)
    page.keyboard.press("ArrowRight")
    at(kernel, place + 1)


def _check_saved(path: Path) -> None:
    output = nbformat.read(path, 4).cells[0].outputs[0]
    assert "Completed" in output.data["text/html"]
    assert path.stat().st_size < 20_000


def test_a_restarted_kernel_shows_the_same_run_again(lab: JupyterLab, page: Page) -> None:
    notebook = Notebook(page, lab.write("restart.ipynb", [f"{SETUP}\n{KEYED}"]))
    notebook.run(1)
    view = notebook.cell(1).locator(".wb")
    wait_until(lambda: held(view) > 5, "the run has begun")
    with lab.kernel() as kernel:
        page.get_by_role("button", name="Restart the kernel").first.click()
        page.get_by_role("button", name="Confirm Kernel Restart").click()
        wait_until(lambda: kernel.is_true("'wb' not in globals()"), "the kernel has forgotten")
        assert held(view) > 5, "what was shown stays"
        notebook.save()
        notebook.load()
        expect(notebook.cell(1).get_by_text("Queued")).to_be_visible()
        expect(page.get_by_text("Error displaying widget")).to_be_hidden()
        notebook.press_run(1)
        wait_until(lambda: kernel.ask("'run' in globals()"), "the cell was executed again")
        expect(notebook.cell(1).locator(".badge")).to_have_text("Completed", timeout=30_000)
        expect(view).to_have_count(1)
        assert held(view) == kernel.ask("run.cursor")
        assert kernel.ask("run.seams().holds")


def test_the_comparison_and_the_lab_run_from_their_buttons(lab: JupyterLab, page: Page) -> None:
    cells = [
        SETUP,
        "compare = CompareView(wb, transports=['stream', 'sync'], speed=10, repeat=1)\ncompare",
        "lab = ResumeLab(wb, faults=['none', 'cut@event:10'], transports=['background'])\nlab",
    ]
    notebook = Notebook(page, lab.write("buttons.ipynb", cells))
    for number in (1, 2, 3):
        notebook.run(number)
    compare, resume = notebook.cell(2), notebook.cell(3)
    expect(compare.get_by_role("button", name="sync")).to_be_visible()
    compare.get_by_role("button", name="Run side by side").click()
    expect(compare.locator(".track")).to_have_count(2)
    compare.get_by_role("button", name="Measure").click()
    expect(compare.locator("table:visible")).to_contain_text("first words", timeout=60_000)
    resume.get_by_role("button", name="Run the lab").click()
    expect(resume.locator(".grid-summary")).to_have_text("2 passed", timeout=60_000)
    resume.locator("button.cell").nth(1).click()
    expect(resume.locator(".wb[data-mode=replay]")).to_be_visible()
    with lab.kernel() as kernel:
        assert kernel.ask("len(compare.frame)") == 2
        assert kernel.ask("lab.selected") == (1, 0)
        assert kernel.ask("lab.report.counts()") == {"pass": 2, "fail": 0, "unknown": 0}
