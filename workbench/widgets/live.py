"""A run as it happens."""

from typing import Any

from workbench.errors import WorkbenchError
from workbench.service import Run
from workbench.widgets.feed import trouble
from workbench.widgets.screen import Screen
from workbench.widgets.shared import run_of

__all__ = ["LiveView"]


class LiveView(Screen):
    """A run as it happens: state, lanes, transcript, and a cursor to scrub with.

    `position` is the cursor that is looked at, and None while the view follows the newest
    entry; set it to go there. `expected` is how many entries are likely, for the progress bar.
    The stop button cancels the run; closing the view does not.
    """

    def __init__(self, run: Run, *, expected: int | None = None, label: str | None = None) -> None:
        self._run = run_of(run)
        options = {"expected": expected, "label": label}
        known = {name: value for name, value in options.items() if value is not None}
        super().__init__(mode="live", run=run.id, options=known)
        self.serve([run])
        self.listen(self._obey)

    def __repr__(self) -> str:
        return f"LiveView({self._run!r})"

    def picture(self) -> str:
        return self._run._repr_html_()

    def _obey(self, message: dict[str, Any]) -> None:
        if message["name"] == "stop":
            try:
                self._run.cancel()
            except WorkbenchError as error:
                self.send(trouble(self._run.id, error))
