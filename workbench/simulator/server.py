"""The simulator on a real socket."""

from pathlib import Path

from workbench.simulator.app import Application
from workbench.simulator.create import Options
from workbench.simulator.exchange import Served
from workbench.simulator.faults import parse
from workbench.simulator.listener import Listener

__all__ = ["Simulator"]


class Simulator(Listener):
    """A provider that can be trusted to misbehave, at `base_url` once it is started.

    Blocking code uses `start` and `stop`, or `with`; inside a running loop use `astart` and
    `astop`, or `async with`. With a `folder`, responses outlive the process. What else can be
    chosen is in `Options`, for an `application` of your own.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        speed: float = 1.0,
        seed: int = 0,
        scenario: str | None = None,
        faults: str | None = None,
        folder: Path | str | None = None,
        require_key: bool | str = False,
        application: Served | None = None,
    ) -> None:
        made = application or Application(
            Options(
                speed=speed,
                seed=seed,
                scenario=scenario,
                folder=None if folder is None else Path(folder),
                require_key=require_key,
            )
        )
        super().__init__(made, parse(faults or ""), host, port)
