"""Settings become a Workbench here, and nowhere else is an implementation chosen."""

from workbench.service.run import Run
from workbench.service.workbench import Workbench

__all__ = ["Run", "Workbench"]
