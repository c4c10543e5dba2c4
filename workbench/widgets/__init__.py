"""Widgets for notebooks: the dashboard's live view, a player, a comparison, the lab, a picker."""

try:
    import anywidget as _  # noqa: F401 - whether it is there
except ModuleNotFoundError as error:
    raise ImportError(
        "The widgets need Jupyter's packages: pip install 'stream-workbench[notebooks]'."
    ) from error

from workbench.widgets.compare import CompareView
from workbench.widgets.lab import ResumeLab
from workbench.widgets.live import LiveView
from workbench.widgets.picker import RunPicker
from workbench.widgets.player import ReplayPlayer

__all__ = ["CompareView", "LiveView", "ReplayPlayer", "ResumeLab", "RunPicker"]
