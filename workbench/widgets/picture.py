"""The still picture that stands beside a widget, for where no kernel and no scripts run.

It is an output of its own, before the widget's, and a live view hides it. It is sent when the
widget is shown, and once more when what it shows has ended: a notebook that was executed from
a command line, saved or published then holds the last state.
"""

from functools import cached_property
from secrets import token_hex
from typing import Any

from IPython.display import display

__all__ = ["Pictured"]

VIEW = "application/vnd.jupyter.widget-view+json"


class Pictured:
    """A widget with `picture()`; the first of the bases."""

    model_id: str
    _shown: Any = None

    @cached_property
    def _mark(self) -> str:
        return f"workbench-picture-{token_hex(6)}"

    @property
    def hiding_style(self) -> str:
        """For a page where the widget is alive: without the picture, and what is around it."""
        return f".{self._mark}, .jp-OutputArea-child:has(.{self._mark}) {{ display: none }}"

    def picture(self) -> str:
        """HTML without scripts."""
        raise NotImplementedError

    def push(self) -> None:
        """Called when the widget is shown."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        self.push()
        # Empty where widgets are unknown: the picture says it all.
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"text/plain": "", "text/html": "", VIEW: view}

    def _ipython_display_(self) -> None:
        # A display with an id can be drawn again.
        self._shown = display(self._still(), raw=True, display_id=True)
        display(self._repr_mimebundle_(), raw=True)

    def _still(self) -> dict[str, str]:
        # A page whose kernel knows the widget no more says so in a line; the picture says more.
        unknown = f":has(.{self._mark}) + .jp-OutputArea-child > .jupyter-widgets:not(:has(*))"
        style = f"<style>.jp-OutputArea-child{unknown} {{ display: none }}</style>"
        html = f'<div class="{self._mark}">{style}{self.picture()}</div>'
        return {"text/plain": repr(self), "text/html": html}

    def redraw(self) -> None:
        """Put the present picture beside the widget wherever it was shown last."""
        if self._shown is not None:
            self._shown.update(self._still(), raw=True)
