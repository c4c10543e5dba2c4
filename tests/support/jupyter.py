"""A real JupyterLab on loopback, with folders of its own, and a line to its kernels."""

import ast
import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.error import URLError

import anywidget
import nbformat
from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import Locator, Page, expect

from tests.support.waiting import wait_until

__all__ = ["JupyterLab", "Kernel", "Notebook", "free_port", "jupyter_folders", "jupyterlab"]

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def jupyter_folders(folder: Path) -> dict[str, str]:
    """An environment in which Jupyter and the workbench touch nothing of the user's."""
    kept = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "WORKBENCH_DATA": str(folder / "runs"),
    }


class JupyterLab:
    def __init__(self, folder: Path, theme: str = "JupyterLab Light") -> None:
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir()
        self.port = free_port()
        self._set("notification", {"fetchNews": "false", "checkForUpdates": False})
        self._set("themes", {"theme": theme})

    def _set(self, name: str, values: dict[str, object]) -> None:
        folder = self.folder / "settings" / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.jupyterlab-settings").write_text(json.dumps(values))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = jupyter_folders(self.folder)
        subprocess.run(
            [sys.executable, "-m", "ipykernel", "install", "--prefix", str(self.folder / "share")],
            env=environment, check=True, capture_output=True,
        )  # fmt: skip
        # Where the front-end half of the widgets lies, when this is an environment over another.
        installed = Path(anywidget.__file__).parents[4] / "share" / "jupyter"
        kernels = self.folder / "share" / "share" / "jupyter"
        environment["JUPYTER_PATH"] = os.pathsep.join(map(str, (kernels, installed)))
        self._log = (self.folder / "server.log").open("wb")
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1",
                f"--port={self.port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
                "--allow-root", f"--notebook-dir={self.notebooks}",
            ],
            env=environment, stdout=self._log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        wait_until(self._answers, "JupyterLab answers", timeout_s=60)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self.folder / "server.log").read_text()
        with suppress(URLError, OSError), urllib.request.urlopen(f"{self.url}/api", timeout=5):
            return True
        return False

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()  # its kernels end when they see that it has gone
            self._process.wait(20)
        self._log.close()

    def write(self, name: str, cells: Sequence[str]) -> str:
        """A notebook of code cells; its address, in a page that shows nothing else."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, self.notebooks / name)
        return f"{self.url}/doc/tree/{name}"

    @contextmanager
    def kernel(self) -> Iterator["Kernel"]:
        """The kernel that was started last."""
        files = (self.folder / "runtime").glob("kernel-*.json")
        client = BlockingKernelClient(connection_file=str(max(files, key=os.path.getmtime)))
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=30)
        yield Kernel(client)
        client.stop_channels()


class Kernel:
    """Ask a kernel for values, beside the page that shows them."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def run(self, code: str) -> None:
        reply = self._client.execute(code, reply=True, timeout=60)
        assert reply["content"]["status"] == "ok", reply["content"]

    def ask(self, expression: str, *, timeout_s: float = 60.0) -> Any:
        """The value of an expression that has a literal for a repr."""
        reply = self._client.execute(
            "", user_expressions={"value": expression}, reply=True, timeout=timeout_s
        )
        value = reply["content"]["user_expressions"]["value"]
        assert value["status"] == "ok", value
        return ast.literal_eval(value["data"]["text/plain"])

    def is_true(self, expression: str) -> bool:
        """Whether it is; a kernel that is being restarted answers nobody, which is a no."""
        try:
            return bool(self.ask(expression, timeout_s=3))
        except (Empty, TimeoutError):
            return False


class Notebook:
    """One notebook in a page, driven by hand."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url
        self.load()

    def load(self) -> None:
        self.page.goto(self._url)
        idle = ".jp-Notebook-ExecutionIndicator[data-status='idle']"
        self.page.locator(idle).wait_for(state="attached", timeout=60_000)

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number - 1)

    def run(self, number: int, *, wait: bool = True) -> None:
        """Execute a cell; a page that has just been loaded may not listen to the first key."""
        cell = self.cell(number)
        prompt = cell.locator(".jp-InputArea-prompt").first

        def began() -> bool:
            if prompt.inner_text().strip() in {"[ ]:", ""}:
                self.press_run(number)
                self.page.wait_for_timeout(500)
            return prompt.inner_text().strip() not in {"[ ]:", ""}

        wait_until(began, f"cell {number} is executed", timeout_s=60)
        if wait:
            expect(prompt).not_to_have_text("[*]:", timeout=60_000)

    def press_run(self, number: int) -> None:
        self.cell(number).locator(".cm-content").first.click()
        self.page.keyboard.press("Shift+Enter")

    def save(self) -> None:
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+s")
        title = self.page.locator(".jp-mod-dirty")
        expect(title).to_have_count(0)


@contextmanager
def jupyterlab(folder: Path, theme: str = "JupyterLab Light") -> Iterator[JupyterLab]:
    lab = JupyterLab(folder, theme)
    lab.start()
    try:
        yield lab
    finally:
        lab.stop()
