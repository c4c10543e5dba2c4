"""Verbs that serve until they are stopped."""

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import Data, FaultText
from workbench.cli.screen import side, write

__all__ = ["simulate"]


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
    data: Data = None,
) -> int:
    """Serve a provider that misbehaves on request; its base URL is the first line printed.

    With --data its responses outlive it, in that folder.
    """
    from workbench.service.checks import check_scenario
    from workbench.simulator.server import Simulator

    if scenario:
        check_scenario(scenario)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    folder: Path | None = data / "simulator" if data else None
    with Simulator(
        host,
        port,
        speed=speed,
        seed=seed,
        scenario=scenario,
        faults="; ".join(fault or ()),
        folder=folder,
        require_key=require_key,
    ) as simulator:
        write(f"{simulator.base_url}\n")
        if sys.stderr.isatty():
            side().print(
                f"Try: OPENAI_BASE_URL={simulator.base_url} OPENAI_API_KEY=any your-program"
            )
        stopped.wait()
    return 0
