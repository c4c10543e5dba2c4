"""Run resumable generations, keep every event, and read them from any cursor."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from workbench.errors import WorkbenchError
    from workbench.events import Entry, RunInfo, RunRequest
    from workbench.log.follow import Follower
    from workbench.service import Run, Workbench
    from workbench.settings import Settings
    from workbench.simulator.server import Simulator
    from workbench.state import RunState, fold

__all__ = [
    "Entry",
    "Follower",
    "Run",
    "RunInfo",
    "RunRequest",
    "RunState",
    "Settings",
    "Simulator",
    "Workbench",
    "WorkbenchError",
    "fold",
]

_HOMES: Final = {
    "Entry": "workbench.events",
    "Follower": "workbench.log.follow",
    "Run": "workbench.service",
    "RunInfo": "workbench.events",
    "RunRequest": "workbench.events",
    "RunState": "workbench.state",
    "Settings": "workbench.settings",
    "Simulator": "workbench.simulator.server",
    "Workbench": "workbench.service",
    "WorkbenchError": "workbench.errors",
    "fold": "workbench.state",
}


def __getattr__(name: str) -> Any:
    """The public names are loaded when they are first used: importing a part stays cheap."""
    if name == "__version__":
        from importlib.metadata import version

        return version("stream-workbench")
    if home := _HOMES.get(name):
        return getattr(import_module(home), name)
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, "__version__"])


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext workbench` brings the cell magic `%%generate`."""
    from workbench.widgets.magic import register

    register(shell)
