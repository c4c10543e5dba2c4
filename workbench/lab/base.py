"""What the lab needs of a workbench: to start a run, wait for it and read what it wrote."""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from workbench.events import Entry, Status
from workbench.log.base import Log

__all__ = ["Progress", "RunLike", "WorkbenchLike"]


class RunLike(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def status(self) -> Status: ...

    def entries(self, after: int = 0) -> list[Entry]: ...

    def wait(self, timeout: float | None = None) -> object:
        """Until the run has ended; TimeoutError when that takes longer."""

    def cancel(self) -> None: ...


class WorkbenchLike(Protocol):
    @property
    def log(self) -> Log: ...

    def start(self, input: str | list[dict[str, Any]], **options: Any) -> RunLike: ...  # noqa: A002 - the public name


# Called with what is done, how much there is, and a word on what was done last.
Progress: TypeAlias = Callable[[int, int, str], None]
