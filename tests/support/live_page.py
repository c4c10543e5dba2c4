"""A page that shows the live view as Streamlit would, over the gateway's own sockets."""

import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import uvicorn
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.support.waiting import wait_until
from workbench.gateway.limits import Limits
from workbench.gateway.raw import raw_route
from workbench.gateway.socket import socket_route
from workbench.gateway.tails import Tails
from workbench.log.base import Log
from workbench.service import Workbench
from workbench.static import module

__all__ = ["LivePage", "held", "position", "triggers"]

# What Streamlit's components do: one call at mount, one more whenever data or theme change.
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Live view</title>
<link rel="icon" href="data:,">
<style>body{margin:0;padding:24px;background:%(background)s}</style><div id="root"></div>
<script type="module">
import workbench from "/module.mjs";
window.states = {}; window.triggers = [];
const parentElement = document.querySelector("#root").attachShadow({mode: "open"});
window.show = (data) => { window.cleanup = workbench({data, parentElement, key: "view",
  setStateValue: (name, value) => { window.states[name] = value; },
  setTriggerValue: (name, value) => { window.triggers.push([name, value]); }}); };
const asked = new URLSearchParams(location.search).get("data");
if (asked) window.show(JSON.parse(asked));
</script></html>"""


class LivePage:
    """Start, stop and start again on the same port: a server that restarts under its readers."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._port = 0
        self.background = "transparent"
        self.extra: list[Any] = []
        self.on_start: Callable[[], None] = lambda: None

    def __enter__(self) -> "LivePage":
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def address(self, **data: Any) -> str:
        """The page's address with the data a Streamlit script would pass."""
        if "run" in data and "entries" not in data:
            data.setdefault("url", f"api/runs/{data['run']}/ws")
        return f"{self.url}?data={quote(json.dumps(data))}"

    def start(self) -> "LivePage":
        tails = Tails(self._log)
        app = Starlette(
            routes=[
                Route("/", self._page),
                Route("/module.mjs", _module),
                socket_route(tails, Limits()),
                raw_route(_Bench(self._log)),
                *self.extra,
            ]
        )
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=self._port,
            log_level="error",
            lifespan="off",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="live-page", daemon=True)
        self._thread.start()
        wait_until(lambda: self._server.started, "the page's server has started")
        self._port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=10)
        assert not self._thread.is_alive(), "the page's server hangs"

    async def _page(self, _request: Request) -> Response:
        return HTMLResponse(_PAGE % {"background": self.background})


class _Bench(Workbench):
    """A workbench that has a log and runs nothing."""

    def __init__(self, log: Log) -> None:
        self._log = log

    @property
    def log(self) -> Log:
        return self._log


async def _module(_request: Request) -> Response:
    return PlainTextResponse(module(), media_type="text/javascript")


def held(page: Page, length: int) -> None:
    """The view comes to hold so many entries."""
    expect(page.locator(".wb")).to_have_attribute("data-length", str(length))


def position(page: Page) -> int:
    return int(page.locator(".wb").get_attribute("data-position") or 0)


def triggers(page: Page) -> list[dict[str, Any]]:
    """What the view told its host of."""
    return [value for name, value in page.evaluate("triggers") if name == "event"]
