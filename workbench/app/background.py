"""Long work that a page started: it goes on when the page is reloaded or left.

A page shows it with a fragment and finds it again by its name; the work knows nothing of pages.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import WorkbenchError

__all__ = ["Work", "begin", "find"]

_logger = logging.getLogger(__name__)
# Whoever began a work keeps its result as a file; its page asks once more and then never again.
_ENDED_KEPT = 8


@dataclass(slots=True)
class Work:
    """Progress is replaced as a whole, so a reader in another thread sees a true state."""

    name: str
    planned: Sequence[Any] = ()
    done: int = 0
    total: int = 0
    word: str = ""
    result: Any = None
    error: str | None = None
    partial: list[Any] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, total: int, word: str) -> None:
        self.done, self.total, self.word = done, total, word


_works: dict[str, Work] = {}


def find(name: str | None) -> Work | None:
    return _works.get(name or "")


def begin(name: str, task: Callable[[Work], Any], planned: Sequence[Any] = ()) -> Work:
    """Run the task in a thread of its own; its result or its error ends the work."""
    # A copy, because another page may begin something meanwhile.
    for old in [each.name for each in [*_works.values()] if each.ended.is_set()][:-_ENDED_KEPT]:
        _works.pop(old, None)
    work = _works[name] = Work(name, planned)

    def run() -> None:
        try:
            work.result = task(work)
        except WorkbenchError as error:
            work.error = str(error)
        except Exception as error:
            _logger.exception("What a page began has failed")
            work.error = f"It failed unexpectedly: {error!r}"
        finally:
            work.ended.set()

    threading.Thread(target=run, name=f"work-{name}", daemon=True).start()
    return work
