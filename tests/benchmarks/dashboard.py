"""The dashboard's own figures: what a live viewer costs, and how soon a page says something.

    python -m tests.benchmarks.dashboard

Needs Chromium. The viewer is a real one: Streamlit's page, the live view, its socket.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser import ARGUMENTS
from tests.support.dashboard import Dashboard, free_port
from tests.support.needs import chromium

__all__ = ["main"]

WINDOW_MS = 10_000
SETTLE_MS = 3000
ROUNDS = 3
# In the answer this comes to about a hundred events a second.
RUN = {"scenario": "planner", "speed": 1.8}
EMPTY = 'import streamlit as st\nst.set_page_config(layout="wide")\nst.title("Empty")\n'


def viewer(browser: Browser, dashboard: Dashboard) -> dict[str, float]:
    """Share of a core and bytes a second, with one viewer and with none, of the same run."""
    process = psutil.Process(dashboard.pid)
    page = browser.new_page()
    alone = share(process, dashboard, page)
    received: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda data: received.append(len(data))),
    )
    run = dashboard.run(**RUN)
    page.goto(f"{dashboard.url}/?run={run}")
    page.locator(".wb").wait_for()
    watched = share(process, dashboard, page, run, received)
    page.close()
    return {
        "events_per_s": watched["events_per_s"],
        "core_without_viewer": alone["core"],
        "core_with_viewer": watched["core"],
        "kB_per_s_to_the_viewer": watched["kB_per_s"],
    }


def share(
    process: psutil.Process,
    dashboard: Dashboard,
    page: Page,
    run: str | None = None,
    received: Sequence[int] = (),
) -> dict[str, float]:
    """What the server spends while the answer streams steadily."""
    run = run or dashboard.run(**RUN)
    while dashboard.cursor(run) < 600:
        page.wait_for_timeout(100)
    before, cursor, bytes_before = process.cpu_times(), dashboard.cursor(run), sum(received)
    began = time.monotonic()
    page.wait_for_timeout(WINDOW_MS)  # which lets playwright count frames meanwhile
    spent = time.monotonic() - began
    after = process.cpu_times()
    events, size = dashboard.cursor(run) - cursor, sum(received) - bytes_before
    dashboard.http.post(f"/api/runs/{run}/cancel")
    page.wait_for_timeout(SETTLE_MS)
    cpu = after.user + after.system - before.user - before.system
    return {
        "core": round(cpu / spent, 4),
        "events_per_s": round(events / spent, 1),
        "kB_per_s": round(size / spent / 1000, 2),
    }


def first_content(browser: Browser, folder: Path) -> dict[str, list[float]]:
    """Seconds from starting the process to the first words on the page, both sides in turns."""
    empty = folder / "empty.py"
    empty.write_text(EMPTY)
    found: dict[str, list[float]] = {"ours": [], "empty": []}
    for number in range(ROUNDS):
        for name, script in (("ours", "streamlit_app.py"), ("empty", str(empty))):
            with started(script, folder / f"{name}{number}") as url:
                began = time.monotonic()
                page = browser.new_context().new_page()
                while True:
                    try:
                        page.goto(url)
                        break
                    except Exception:  # noqa: BLE001 - until it listens, whatever that is called
                        time.sleep(0.02)
                page.locator("h1").first.wait_for()
                found[name].append(round(time.monotonic() - began, 2))
                page.context.close()
    return found


@contextmanager
def started(script: str, data: Path) -> Iterator[str]:
    port = free_port()
    options = ["--server.port", str(port), "--server.headless", "true"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script, *options],
        env={**os.environ, "WORKBENCH_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.kill()
        process.wait()


def main() -> int:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        content = first_content(browser, folder)
        with Dashboard(folder / "data") as dashboard:
            dashboard.run(scenario="short", speed=0)
            figures = viewer(browser, dashboard)
        browser.close()
    ours, empty = (statistics.median(content[name]) for name in ("ours", "empty"))
    figures |= {"first_content_s": ours, "empty_app_s": empty, "ratio": round(ours / empty, 2)}
    sys.stdout.write(json.dumps({**figures, "rounds": content}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
