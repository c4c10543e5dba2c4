"""Runs again: scrub, play at any pace, look at each entry."""

from collections.abc import Sequence

import traitlets as t

from workbench.errors import InvalidSetting
from workbench.service import Run
from workbench.widgets.screen import Screen

__all__ = ["ReplayPlayer"]


class ReplayPlayer(Screen):
    """Play a run at its own pace or any other; several runs share one axis of time.

    Of one run `position` is a cursor and `selection` a range of cursors to play over and over.
    Of several both count hundredths of a second since each request was sent.
    """

    position = t.Int(0, min=0).tag(sync=True)

    def __init__(self, runs: Run | Sequence[Run], *, speed: float = 1.0, position: int = 0) -> None:
        self._runs = [runs] if isinstance(runs, Run) else list(runs)
        if not self._runs:
            raise InvalidSetting("A player needs at least one run.")
        traits = {"speed": speed, "position": position}
        if len(self._runs) == 1:
            super().__init__(mode="replay", run=self._runs[0].id, **traits)
        else:
            lanes = [{"run": run.id, "label": _label(run)} for run in self._runs]
            super().__init__(mode="compare", options={"runs": lanes}, **traits)
        self.serve(self._runs)

    def __repr__(self) -> str:
        return f"ReplayPlayer({', '.join(map(repr, self._runs))})"

    def picture(self) -> str:
        return "\n".join(run._repr_html_() for run in self._runs)


def _label(run: Run) -> str:
    request = run.info.request
    return f"{request.model or request.scenario or request.provider} · {request.transport}"
