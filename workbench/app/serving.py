"""The dashboard's process: one workbench, its routes and its guard around Streamlit."""

import gc
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
from anyio import to_thread
from starlette.middleware import Middleware

from workbench.app.entrance import entrances
from workbench.gateway import routes
from workbench.gateway.guard import Guard, is_loopback
from workbench.service import Workbench

__all__ = ["SCRIPT", "parts", "warm", "workbench"]

# Scripts and fonts of the first page come from this process too.
WARM_AFTER_S = 0.7

SCRIPT = Path(__file__).with_name("dashboard.py")


@cache
def workbench() -> Workbench:
    """The one workbench of this process, shared by every page, route and browser tab."""
    return Workbench()


def parts() -> dict[str, Any]:
    """What makes a Streamlit app of ours: `st.App(SCRIPT, **parts())`."""
    wb = workbench()
    api, stop_streams = routes(wb)

    @asynccontextmanager
    async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:  # noqa: ARG001 - Streamlit passes it
        end_streams_on_signals(stop_streams)
        yield {"workbench": wb}
        stop_streams()
        await to_thread.run_sync(wb.close)
        # The interpreter would look through everything once more before it lets go of it.
        gc.freeze()

    return {
        "lifespan": lifespan,
        "routes": [*api, *entrances()],
        "middleware": [Middleware(Guard, hosts=wb.settings.hosts, token=token_of(wb))],
    }


@cache
def warm() -> threading.Timer:
    """Import what the first run needs once the first page is out, while its reader looks at it."""

    def work() -> None:
        workbench().warm()
        import_module("workbench.metrics.seams")  # what an ended run is shown with

    timer = threading.Timer(WARM_AFTER_S, work)
    timer.daemon = True
    timer.start()
    return timer


def token_of(wb: Workbench) -> str | None:
    """A token is needed as soon as somebody else than this machine can connect."""
    address = st.get_option("server.address") or ""
    token = wb.settings.token.get_secret_value() if wb.settings.token else ""
    if token.strip():
        return token
    if is_loopback(address):
        return None
    raise SystemExit(
        f"The dashboard would listen on {address or 'all addresses'}, where others can reach it. "
        "Set WORKBENCH_TOKEN to a long random text, or set server.address to 127.0.0.1."
    )


def end_streams_on_signals(stop_streams: Callable[[], None]) -> None:
    """The server waits for open connections before it shuts down, so they must end first.

    The server has installed its own handlers by now; they still run, after ours.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # a test client runs the lifespan in a thread of its own, without signals
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def handle(received: int, frame: Any, before: Any = before) -> None:
            stop_streams()
            if callable(before):
                before(received, frame)

        signal.signal(number, handle)
