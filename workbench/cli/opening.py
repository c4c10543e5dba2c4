"""The folder of a command, and the run that it names."""

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import InvalidSetting, UnknownRun

if TYPE_CHECKING:
    from workbench.service import Run, Workbench

__all__ = ["find", "open_workbench"]


def open_workbench(data: Path | None, *, runner: bool = False) -> "Workbench":
    """Readers have no runner: whoever only looks at a run does not take it over."""
    from workbench.service import Workbench

    if data is not None and data.exists() and not data.is_dir():
        raise InvalidSetting(f"{data} is a file; --data takes a folder.")
    return Workbench(data, runner=runner)


def find(wb: "Workbench", run_id: str) -> "Run":
    """A run by its id; `last` is the newest."""
    if run_id != "last":
        return wb.run(run_id)
    if newest := wb.runs(limit=1):
        return newest[0]
    raise UnknownRun(f"There is no run in {wb.settings.data} yet.")
