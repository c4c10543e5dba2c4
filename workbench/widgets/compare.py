"""The same prompt over several transports: live, measured, and read along."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import traitlets as t

from workbench.errors import InvalidSetting
from workbench.events import TRANSPORTS, Transport
from workbench.lab.cells import check_names
from workbench.lab.comparison import Comparison
from workbench.service import Run, RunList, Workbench
from workbench.simulator.scenario import load_all
from workbench.views.static_html import comparison
from workbench.widgets.experiment import Experiment, button
from workbench.widgets.player import lanes_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CompareView"]

FASTEST = 1000
MOST_REPEATS = 50
PROMPT = "Explain what a cursor is, and why a stream needs one."


class CompareView(Experiment):
    """What streaming saves: `race()` is for the eye, `measure()` for the numbers.

    `frame` has a row per measured run, `result` the whole comparison; both are None before.
    `position` counts hundredths of a second since each request was sent, and None is the end.
    Options are those of `Workbench.start` and go to every run.
    """

    position = t.Int(None, allow_none=True, min=0)
    speed = t.Float(1.0)
    playing = t.Bool(False)

    def __init__(
        self,
        workbench: Workbench | None = None,
        prompt: str = PROMPT,
        *,
        transports: Sequence[Transport] = TRANSPORTS,
        scenario: str = "short",
        speed: float = 5.0,
        repeat: int = 3,
        **options: Any,
    ) -> None:
        scenarios = sorted(load_all())
        check_names("transport", transports, TRANSPORTS)
        check_names("scenario", [scenario], scenarios)
        if not 0 <= speed <= FASTEST or not 1 <= repeat <= MOST_REPEATS:
            raise InvalidSetting(
                f"The speed is from 0 to {FASTEST}, the number of repeats from 1 to {MOST_REPEATS}."
            )
        super().__init__(workbench)
        self.result: Comparison | None = None
        self._options = options
        wide = w.Layout(width="min(46rem, 100%)")
        self._prompt = w.Textarea(prompt, description="Prompt", rows=2, layout=wide)
        self._transports = {
            name: w.ToggleButton(name in transports, description=name, layout={"width": "auto"})
            for name in TRANSPORTS
        }
        self._scenario = w.Dropdown(options=scenarios, value=scenario, description="Scenario")
        self._speed = w.BoundedFloatText(
            speed, min=0, max=FASTEST, description="Speed", layout=w.Layout(width="160px")
        )
        self._repeat = w.BoundedIntText(
            repeat, min=1, max=MOST_REPEATS, description="Repeats", layout=w.Layout(width="160px")
        )
        self._table = w.HTML()
        self._shown_runs: list[Run] = []
        for name in ("position", "speed", "playing"):
            t.link((self._screen, name), (self, name))
        race = button("Run side by side", self.race, button_style="primary", icon="play")
        measure = button("Measure", self.measure, icon="bar-chart")
        label = w.Label(
            "Transports", layout=w.Layout(width="80px", justify_content="flex-end", margin="0 4px")
        )
        row = w.Layout(flex_flow="row wrap", align_items="center")
        self.children = [
            self._prompt,
            w.HBox([label, *self._transports.values()], layout=row),
            w.HBox([self._scenario, self._speed, self._repeat], layout=row),
            w.HBox([race, measure, self._stop, self._bar, self._word], layout=row),
            self._screen,
            self._table,
        ]

    def __repr__(self) -> str:
        done = f"{len(self.result.samples)} runs measured" if self.result else "nothing measured"
        return f"CompareView({', '.join(self.transports)}: {done})"

    @property
    def transports(self) -> list[str]:
        """Those that are chosen."""
        return [name for name, toggle in self._transports.items() if toggle.value]

    @property
    def frame(self) -> "pd.DataFrame | None":
        """A row per measured run with every metric."""
        return self.result.to_frame() if self.result else None

    @property
    def view(self) -> Any:
        """The lanes; its `position`, `speed` and `playing` can be read and set."""
        return self._screen

    def race(self) -> list[Run]:
        """One run of each transport, all at once; returns at once."""
        options = self._start_options()
        try:
            runs = [
                self._workbench.start(self._prompt.value, transport=each, **options)
                for each in self._chosen()
            ]
        except InvalidSetting as error:
            self._word.value = str(error)
            return []
        self._word.value = ""
        self._show(runs)
        return runs

    def measure(self) -> "CompareView":
        """Every transport `repeat` times in shuffled rounds; returns at once, see `wait`."""
        self.begin(self._measure)
        return self

    def _measure(self) -> None:
        transports = self._chosen()
        result = self._workbench.compare(
            self._prompt.value,
            transports=transports,
            repeat=self._repeat.value,
            progress=self.tell,
            **self._start_options(),
        )
        self.result = result
        last = {sample.lane: sample.run for sample in result.samples}
        self._show([self._workbench.run(last[lane.label]) for lane in result.lanes])
        self._screen.options = {**self._screen.options, "drawing": result.drawing()}
        self._table.value = comparison(result.table())

    def _chosen(self) -> list[Any]:
        if not self.transports:
            raise InvalidSetting("Choose at least one transport.")
        return self.transports

    def _start_options(self) -> dict[str, Any]:
        simulated = {"scenario": self._scenario.value, "speed": self._speed.value}
        ours = self._options.get("provider", self._workbench.settings.provider) == "simulator"
        return {**(simulated if ours else {}), **self._options}

    def _show(self, runs: Sequence[Run]) -> None:
        self._shown_runs = list(runs)
        self._screen.serve(runs)
        self._screen.layout.display = None
        with self._screen.hold_sync():
            self._screen.mode = "compare"
            self._screen.options = {"runs": lanes_of(runs)}
            self._screen.position = None

    def picture(self) -> str:
        if self.result is None:
            return RunList(self._shown_runs)._repr_html_()
        return comparison(self.result.table(), self.result.timeline())
