"""Settings become a Workbench here, and nowhere else is an implementation chosen."""

from workbench.service.run import Run
from workbench.service.runs import RunList
from workbench.service.workbench import Workbench

__all__ = ["Run", "RunList", "Workbench"]
