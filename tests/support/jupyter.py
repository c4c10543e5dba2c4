"""A real JupyterLab on loopback, with folders of its own, and a line to its kernels."""

import ast
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError

import anywidget
import nbformat
from jupyter_client.blocking.client import BlockingKernelClient

from tests.support.waiting import wait_until

__all__ = ["JupyterLab", "free_port", "jupyter_folders", "jupyterlab"]

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
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir()
        self.port = free_port()

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

    def ask(self, expression: str) -> Any:
        """The value of an expression that has a literal for a repr."""
        reply = self._client.execute(
            "", user_expressions={"value": expression}, reply=True, timeout=60
        )
        value = reply["content"]["user_expressions"]["value"]
        assert value["status"] == "ok", value
        return ast.literal_eval(value["data"]["text/plain"])


@contextmanager
def jupyterlab(folder: Path) -> Iterator[JupyterLab]:
    lab = JupyterLab(folder)
    lab.start()
    try:
        yield lab
    finally:
        lab.stop()
