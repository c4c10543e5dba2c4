"""What widgets are given: a workbench, by default one for the whole process, and runs."""

from workbench.errors import InvalidSetting
from workbench.service import Run, Workbench

__all__ = ["run_of", "workbench_or_shared"]

_shared: list[Workbench] = []


def workbench_or_shared(given: Workbench | None) -> Workbench:
    """The given one, or the one on the folder that the settings name, opened when first needed."""
    if given is not None:
        return given
    if not _shared:
        _shared.append(Workbench())
    return _shared[0]


def run_of(given: object) -> Run:
    """The run that was given, and not its id or anything else."""
    if isinstance(given, Run):
        return given
    raise InvalidSetting(
        f"A run is wanted, as wb.start(…) or wb.run(id) gives it, and not {given!r}."
    )
