"""Run resumable generations, keep every event, and read them from any cursor."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.service import Run, Workbench

__all__ = ["Run", "Workbench"]


def __getattr__(name: str) -> Any:
    """The public names are loaded when they are first used: importing a part stays cheap."""
    if name in __all__:
        from workbench import service

        return getattr(service, name)
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")
