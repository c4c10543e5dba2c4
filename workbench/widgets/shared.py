"""The workbench of widgets that were given none: one for the whole process."""

from workbench.service import Workbench

__all__ = ["workbench_or_shared"]

_shared: list[Workbench] = []


def workbench_or_shared(given: Workbench | None) -> Workbench:
    """The given one, or the one on the folder that the settings name, opened when first needed."""
    if given is not None:
        return given
    if not _shared:
        _shared.append(Workbench())
    return _shared[0]
