"""The dashboard as a user starts it: a process of its own, `streamlit run streamlit_app.py`."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import httpx

from tests.support.processes import ROOT
from tests.support.waiting import wait_until

__all__ = ["WINDOW", "Dashboard"]

# A common one, where the pages have room for all they show side by side.
WINDOW: Final[Any] = {"width": 1300, "height": 900}


class Dashboard:
    """Start, kill and start again on the same port and the same folder."""

    def __init__(self, data: Path, *, arguments: tuple[str, ...] = (), **environment: str) -> None:
        self.data = data
        self._arguments = arguments
        self._environment = environment
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(base_url=self.url, timeout=20, trust_env=False)

    def __enter__(self) -> "Dashboard":
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.http.close()
        self.kill()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        return (self.data.parent / "dashboard.log").read_text(errors="replace")

    def spawn(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
        options = ["--server.port", str(self.port), "--server.headless", "true", *self._arguments]
        environment = {
            **{name: value for name, value in os.environ.items() if not is_setting(name)},
            "WORKBENCH_DATA": str(self.data),
            **self._environment,
        }
        with (self.data.parent / "dashboard.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *options], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        return self._process

    def start(self) -> "Dashboard":
        process = self.spawn()

        def answers() -> bool:
            assert process.poll() is None, self.output
            try:
                return self.http.get("/_stcore/health").status_code in {200, 401}
            except httpx.TransportError:
                return False

        wait_until(answers, "the dashboard answers", timeout_s=40)
        return self

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def end(self, number: signal.Signals, *, within_s: float) -> int:
        """Send a signal; the exit code, or a failure when it takes longer."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout=within_s)

    def run(self, **options: Any) -> str:
        """Start a run over HTTP; its id."""
        answer = self.http.post("/api/runs", json={"input": "Plan a week in Lisbon.", **options})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def show(self, run: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/runs/{run}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def cursor(self, run: str) -> int:
        rows = self.http.get("/api/runs").json()
        return next(int(row["cursor"]) for row in rows if row["id"] == run)


def is_setting(name: str) -> bool:
    return name.startswith(("WORKBENCH_", "OPENAI_", "OPENROUTER_", "STREAMLIT_"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
