"""The live view in a marimo notebook, which speaks to widgets in its own way."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import launched
from tests.support.jupyter import free_port, jupyter_folders
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

APP = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo

    from workbench import Workbench
    from workbench.widgets import LiveView

    wb = Workbench()
    run = wb.start("Plan a week", scenario="short", speed=1)
    view = mo.ui.anywidget(LiveView(run))
    return mo, run, view, wb


@app.cell
def _(view):
    view
    return


@app.cell
def _(mo, view):
    mo.md(f"Python is at **{view.value['position']}**.")
    return
"""


@contextmanager
def marimo(folder: Path) -> Iterator[str]:
    """The page's address, while marimo serves it on loopback."""
    notebook = folder / "live.py"
    notebook.write_text(APP)
    port = free_port()
    environment = {**jupyter_folders(folder), "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [sys.executable, "-m", "marimo", "run", str(notebook), "--headless", "--no-token"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            assert process.poll() is None, (folder / "server.log").read_text()
            with suppress(OSError), urllib.request.urlopen(f"{address}/health", timeout=5):
                return True
            return False

        try:
            wait_until(answers, "marimo answers", timeout_s=60)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def test_a_marimo_page_shows_a_run_as_it_happens(tmp_path: Path) -> None:
    with marimo(tmp_path) as address, launched() as browser:
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        page.goto(address)
        view = page.locator(".wb")
        view.wait_for(timeout=60_000)
        expect(page.locator(".badge")).to_have_text("Completed", timeout=30_000)
        length = int(view.get_attribute("data-length") or 0)
        assert length > 100
        page.locator(".scrub").focus()
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_text(f"Python is at {length - 1}.")).to_be_visible(timeout=15_000)
        page.keyboard.press("i")
        page.get_by_role("button", name="Raw").click()
        expect(page.locator("pre.stored")).to_contain_text('"type":"workbench.')
        expect(page.locator(".raw-about")).to_contain_text("written by the workbench")
