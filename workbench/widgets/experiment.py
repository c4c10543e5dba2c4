"""What the comparison and the lab share: a button, a thread, a line that says how far it is."""

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as w
import traitlets as t

from workbench.errors import WorkbenchError
from workbench.service import Workbench
from workbench.widgets.picture import Pictured
from workbench.widgets.screen import Screen
from workbench.widgets.shared import workbench_or_shared

__all__ = ["Experiment", "button"]


class _Stopped(Exception):
    """Raised inside an experiment between two of its runs."""


class Experiment(Pictured, w.VBox):  # type: ignore[misc]  # it ships no types
    """Runs in a thread of its own, so that no cell and no button waits for it.

    `wait()` is for cells that want the result; `stop()` ends it after the present runs.
    """

    busy = t.Bool(False)
    progress = t.Float(0.0)

    def __init__(self, workbench: Workbench | None) -> None:
        self._workbench = workbench_or_shared(workbench)
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._bar = w.FloatProgress(
            min=0, max=1, layout=w.Layout(width="180px", height="8px", visibility="hidden")
        )
        self._word = w.Label()
        self._stop = button("Stop", self.stop, icon="stop")
        self._stop.disabled = True
        # Not there until there is something to show.
        place = w.Layout(margin="12px 0", display="none")
        self._screen = Screen(layout=place, hiding=self.hiding_style)
        super().__init__()

    def wait(self, timeout: float | None = None) -> Any:
        """Until it is done; TimeoutError when that takes longer."""
        if thread := self._thread:
            thread.join(timeout)
            if thread.is_alive():
                raise TimeoutError(f"It has not ended after {timeout:g} seconds.")
        return self

    def stop(self) -> None:
        """Start no more runs; those under way end by themselves."""
        self._stopping = True

    def push(self) -> None:
        self._screen.push()

    def close(self) -> None:
        """Take it off the page, end its threads and whatever it was doing."""
        # One whose constructor refused its arguments is closed too, when it is forgotten.
        if hasattr(self, "_screen"):
            self.stop()
            self._screen.close()
        super().close()

    def begin(self, task: Callable[[], None]) -> None:
        """Run the task in a thread, unless there is one; its error is a sentence under the bar."""
        if self.busy:
            return
        self._stopping = False
        self._show_busy(True)
        self._thread = threading.Thread(
            target=self._do, args=(task,), name="experiment", daemon=True
        )
        self._thread.start()

    def _do(self, task: Callable[[], None]) -> None:
        try:
            task()
            self._word.value = ""
        except WorkbenchError as error:
            self._word.value = str(error)
        except _Stopped:
            self._word.value = "Stopped."
        finally:
            self._show_busy(False)
        self.redraw()

    def tell(self, done: int, total: int, word: str) -> None:
        """How far it is; also the place where a stop takes hold."""
        if self._stopping:
            raise _Stopped
        self.progress = self._bar.value = done / max(total, 1)
        self._word.value = f"{done} of {total} · {word}"

    def _show_busy(self, busy: bool) -> None:
        self.busy = busy
        self._stop.disabled = not busy
        self._bar.value = 0
        self._bar.layout.visibility = "visible" if busy else "hidden"


def button(label: str, act: Callable[[], Any], **look: Any) -> w.Button:
    made = w.Button(description=label, layout=w.Layout(width="auto"), **look)
    made.on_click(lambda _: act())
    return made
