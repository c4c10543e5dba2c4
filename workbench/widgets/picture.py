"""The still picture that stands beside a widget, for where no kernel and no scripts run.

It is sent when the widget is shown, and once more when what it shows has ended: a notebook
that was executed from a command line, saved or published then holds the last state.
"""

from typing import Any

from IPython.display import display

__all__ = ["Pictured"]

VIEW = "application/vnd.jupyter.widget-view+json"


class Pictured:
    """A widget with `picture()`; the first of the bases."""

    _shown: Any = None

    def picture(self) -> str:
        """HTML without scripts."""
        raise NotImplementedError

    def push(self) -> None:
        """Called when the widget is shown."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        self.push()
        return self._bundle()

    def _bundle(self) -> dict[str, Any]:
        view = {
            "version_major": 2,
            "version_minor": 0,
            "model_id": self.model_id,  # type: ignore[attr-defined]  # every widget has one
        }
        return {"text/plain": repr(self), "text/html": self.picture(), VIEW: view}

    def _ipython_display_(self) -> None:
        # A display with an id can be drawn again.
        self._shown = display(self._repr_mimebundle_(), raw=True, display_id=True)

    def redraw(self) -> None:
        """Put the present picture beside the widget wherever it was shown last."""
        if self._shown is not None:
            self._shown.update(self._bundle(), raw=True)
