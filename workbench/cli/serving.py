"""Verbs that serve until they are stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench.cli.children import PACKAGE, environment, module
from workbench.cli.options import Data, FaultText
from workbench.cli.screen import say, side, write
from workbench.errors import InvalidSetting

__all__ = ["app", "simulate"]

_USUAL_PORT = 8501


def app(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            help="8501, or a free one if that is taken; 0 picks a free one.",
            min=0,
            max=65535,
            show_default=False,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            help="What a browser must know; needed off loopback. Better set WORKBENCH_TOKEN.",
            envvar="WORKBENCH_TOKEN",
            show_default=False,
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open a browser window.")
    ] = False,
    data: Data = None,
) -> int:
    """Open the dashboard in the browser."""
    from workbench.gateway.guard import is_loopback

    if not is_loopback(host) and not token:
        raise InvalidSetting(
            f"Others can reach {host}: give a --token, a long random text, or set WORKBENCH_TOKEN."
        )
    chosen = _free_port(host, port)
    surroundings = environment()
    if data is not None:
        surroundings["WORKBENCH_DATA"] = str(data.absolute())
    if token:
        surroundings["WORKBENCH_TOKEN"] = token
        say(f"Open http://{host}:{chosen}/?token={token}")
    if not is_loopback(host):
        surroundings.setdefault("WORKBENCH_HOSTS", json.dumps([host]))
    flags = {
        "--server.address": host,
        "--server.port": str(chosen),
        "--server.headless": str(no_browser or not sys.stdout.isatty()).lower(),
    }
    command = module("streamlit", "run", str(_entry_file()), *chain(*flags.items()))
    if os.name == "posix":
        # In place of this process, so that signals reach the server without a go-between.
        os.execve(command[0], command, surroundings)  # noqa: S606 - our own command
    return subprocess.run(command, env=surroundings, check=False).returncode  # noqa: S603 - as above


def _entry_file() -> Path:
    """At the top of a checkout, inside the package once installed; its settings lie beside it."""
    checkout = PACKAGE.parent / "streamlit_app.py"
    is_checkout = checkout.is_file() and (PACKAGE.parent / "pyproject.toml").is_file()
    return checkout if is_checkout else PACKAGE / "share" / "streamlit_app.py"


def _free_port(host: str, port: int | None) -> int:
    """The wanted port, which must be free; without a wish the usual one, or any."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in (_USUAL_PORT, 0) if port is None else (port,):
        try:
            with socket.create_server((host, candidate), family=family) as trial:
                found: int = trial.getsockname()[1]
                return found
        except OSError as error:
            # The library adds the address, which the sentence names already.
            number = error.errno or 0
            reason = os.strerror(number) if number > 0 else error.strerror
    raise InvalidSetting(f"Cannot listen on {host} port {port}: {reason}.")


def simulate(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 picks a free one.", min=0, max=65535)] = 0,
    speed: Annotated[float, typer.Option(help="1 is real time, 0 at once.", min=0.0)] = 1.0,
    seed: Annotated[int, typer.Option(help="What chance is drawn from.")] = 0,
    scenario: Annotated[
        str | None, typer.Option(help="What to say when a request does not choose.")
    ] = None,
    fault: FaultText = None,
    require_key: Annotated[bool, typer.Option(help="Refuse requests without an API key.")] = False,
    scenarios: Annotated[
        Path | None,
        typer.Option(help="A folder of your own scenarios, instead of those that ship."),
    ] = None,
    manners: Annotated[
        Literal["openai", "openrouter"], typer.Option(help="How chat completions behave.")
    ] = "openai",
    stream_window: Annotated[
        float, typer.Option(help="Seconds during which a response can be resumed.", min=0.0)
    ] = 300.0,
    data_window: Annotated[
        float, typer.Option(help="Seconds during which a response is stored.", min=0.0)
    ] = 600.0,
    data: Data = None,
) -> int:
    """Serve a provider that misbehaves on request; its base URL is the first line printed.

    With --data its responses outlive it, in that folder.
    """
    from workbench.simulator.app import Application
    from workbench.simulator.create import Options
    from workbench.simulator.scenario import load_all
    from workbench.simulator.server import Simulator

    known = load_all(scenarios)
    if scenario is not None and scenario not in known:
        raise InvalidSetting(f"There is no scenario {scenario!r}; there are {', '.join(known)}.")
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    options = Options(
        speed=speed,
        seed=seed,
        scenario=scenario,
        folder=data / "simulator" if data else None,
        require_key=require_key,
        stream_window_s=stream_window,
        data_window_s=data_window,
        manners=manners,
        scenarios=known,
    )
    faults = "; ".join(fault or ())
    with Simulator(host, port, faults=faults, application=Application(options)) as simulator:
        write(f"{simulator.base_url}\n")
        if sys.stderr.isatty():
            side().print(
                f"Try: OPENAI_BASE_URL={simulator.base_url} OPENAI_API_KEY=any your-program"
            )
        stopped.wait()
    return 0
