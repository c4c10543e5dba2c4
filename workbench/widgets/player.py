"""Runs again: scrub, play at any pace, look at each entry."""

from collections.abc import Iterable, Sequence
from typing import Any

from workbench.errors import InvalidSetting
from workbench.service import Run
from workbench.views.static_html import visible
from workbench.widgets.screen import Screen
from workbench.widgets.shared import run_of

__all__ = ["ReplayPlayer", "lanes_of"]


class ReplayPlayer(Screen):
    """Play a run at its own pace or any other; several runs share one axis of time.

    Of one run `position` is a cursor and `selection` a range of cursors to play over and over.
    Of several both count hundredths of a second since each request was sent, and None is the
    end. A player begins at the end, and plays from the beginning.
    """

    def __init__(
        self, runs: Run | Iterable[Run], *, speed: float = 1.0, position: int | None = None
    ) -> None:
        self._runs = [run_of(run) for run in (runs if isinstance(runs, Iterable) else [runs])]
        if not self._runs:
            raise InvalidSetting("A player needs at least one run.")
        if len(self._runs) == 1:
            run = self._runs[0]
            end = run.cursor if run.is_ended else 0
            place = end if position is None else position
            super().__init__(mode="replay", run=run.id, speed=speed, position=place)
        else:
            lanes = lanes_of(self._runs)
            super().__init__(
                mode="compare", options={"runs": lanes}, speed=speed, position=position
            )
        self.serve(self._runs)

    def __repr__(self) -> str:
        return f"ReplayPlayer({', '.join(map(repr, self._runs))})"

    def picture(self) -> str:
        if len(self._runs) == 1:
            return self._runs[0]._repr_html_()
        labels = [visible(lane["label"]) for lane in lanes_of(self._runs)]
        cards = zip(labels, (run._repr_html_() for run in self._runs), strict=True)
        return "\n".join(f"<h4>{label}</h4>\n{card}" for label, card in cards)


def lanes_of(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """What a screen of several runs wants to know of each: the words that tell them apart."""
    requests = [run.info.request for run in runs]
    names = [(r.provider, r.model or r.scenario, r.transport, r.faults) for r in requests]
    tells = [len(set(words)) > 1 for words in zip(*names, strict=True)]
    labels = [
        " · ".join(str(word) for word, told in zip(words, tells, strict=True) if told and word)
        for words in names
    ]
    return [
        {"run": run.id, "label": label or f"{run.info.request.transport} {n}"}
        for n, (run, label) in enumerate(zip(runs, labels, strict=True), 1)
    ]
