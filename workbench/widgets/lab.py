"""The resume lab: choose failures, run them, look into any cell."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import traitlets as t

from workbench.errors import InvalidSetting, WorkbenchError
from workbench.events import TRANSPORTS, Transport
from workbench.lab.cells import FAULTS, READINGS, Reading, matrix
from workbench.lab.lab import cells_of
from workbench.lab.report import CellResult, LabReport
from workbench.service import Workbench
from workbench.simulator.scenario import load_all
from workbench.views.labgrid import grid, place
from workbench.views.static_html import grid_table
from workbench.widgets.experiment import Experiment, button
from workbench.widgets.player import ReplayPlayer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ResumeLab"]

FIRST_FAULTS = ("none", "cut@event:10", "reset@event:12", "stall@event:10", "cut@event:10;expire")


class ResumeLab(Experiment):
    """Does resume work? Every cell is a real run over a real socket, broken and then judged.

    `scenarios`, `faults`, `transports` and `readings` are what is chosen; `report` is the
    verdict, None before the first; `selected` is the (row, column) of the cell that is shown.
    """

    selected = t.Tuple(t.Int(), t.Int(), allow_none=True, default_value=None)

    def __init__(
        self,
        workbench: Workbench | None = None,
        *,
        scenarios: Sequence[str] = ("short",),
        faults: Sequence[str] = FIRST_FAULTS,
        transports: Sequence[Transport] = ("background", "stream"),
        readings: Sequence[Reading] = ("fresh",),
        **options: Any,
    ) -> None:
        matrix(scenarios, faults, transports, readings)  # refuses a wrong name
        super().__init__(workbench)
        self.report: LabReport | None = None
        self._lab_options = options
        self._planned: list[Mapping[str, Any]] = []
        self._results: list[CellResult] = []
        self._choices = {
            "scenarios": _choice("Scenarios", sorted(load_all()), scenarios),
            "faults": _choice("Faults", [*dict.fromkeys((*FAULTS, *faults))], faults),
            "transports": _choice("Transports", TRANSPORTS, transports),
            "readings": _choice("Readers", READINGS, readings),
        }
        self._screen.mode = "lab"
        self._screen.listen(self._hear)
        self._detail = w.HTML()
        self._player = w.VBox()
        start = button("Run the lab", self.run, button_style="primary", icon="flask")
        row = w.Layout(flex_flow="row wrap", align_items="center")
        self.children = [
            w.HBox([*self._choices.values()], layout=w.Layout(flex_flow="row wrap")),
            w.HBox([start, self._stop, self._bar, self._word], layout=row),
            self._screen,
            self._detail,
            self._player,
        ]
        self.observe(lambda _: self._show_cell(), "selected")

    def __repr__(self) -> str:
        if self.report is None:
            return "ResumeLab(not run yet)"
        return "ResumeLab({pass} passed, {fail} failed, {unknown} unknown)".format(
            **self.report.counts()
        )

    @property
    def chosen(self) -> dict[str, Any]:
        """What the controls say, as `Workbench.lab` takes it."""
        return {name: list(choice.value) for name, choice in self._choices.items()}

    @property
    def frame(self) -> "pd.DataFrame | None":
        """A row per cell: what it was, the verdict, the reasons."""
        import pandas as pd

        if self.report is None:
            return None
        rows = self.report.to_dict()["results"]
        return pd.DataFrame(rows).drop(columns="checks")

    @property
    def view(self) -> Any:
        """The grid."""
        return self._screen

    def run(self) -> "ResumeLab":
        """Run what is chosen; returns at once, see `wait`."""
        self.begin(self._run)
        return self

    def _run(self) -> None:
        chosen = self.chosen
        if empty := [name for name, names in chosen.items() if not names]:
            raise InvalidSetting(f"Choose at least one of the {empty[0]}.")
        self.report = None
        self.set_trait("selected", None)
        self._results = []
        self._planned = [cell.to_dict() for cell in cells_of(**chosen)]
        self._draw()
        self.report = self._workbench.lab(
            **chosen, keep=True, progress=self.tell, on_result=self._take, **self._lab_options
        )
        self._results = list(self.report.results)
        self._draw()

    def _take(self, result: CellResult) -> None:
        self._results = [*self._results, result]
        self._draw()

    def _draw(self) -> None:
        self._screen.layout.display = None
        self._screen.options = {"grid": self.grid()}

    def grid(self) -> dict[str, Any]:
        """What was planned and what came of it, as a screen draws it."""
        return grid(self._planned, [result.to_dict() for result in self._results])

    def _hear(self, message: dict[str, Any]) -> None:
        if message["name"] == "cell":
            cell = message["detail"]
            self.selected = (cell["row"], cell["column"])

    def _show_cell(self) -> None:
        """One cell: what held, what did not, how to see it again, and its run."""
        self._close_player()
        result = self._result_at(self.selected)
        self._detail.value = _detail(result) if result else ""
        if result and result.run:
            try:
                self._player.children = (ReplayPlayer(self._workbench.run(result.run)),)
            except WorkbenchError as error:
                self._detail.value += f"<p>{escape(str(error))}</p>"

    def _result_at(self, selected: tuple[int, int] | None) -> CellResult | None:
        if selected is None:
            return None
        drawn = self.grid()
        named = (drawn["rows"][selected[0]], drawn["columns"][selected[1]])
        found = [result for result in self._results if place(result.to_dict()) == named]
        return found[0] if found else None

    def picture(self) -> str:
        return grid_table(self.grid()) if self._planned else "<p>The lab has not been run.</p>"

    def close(self) -> None:
        if hasattr(self, "_player"):
            self._close_player()
        super().close()

    def _close_player(self) -> None:
        for widget in self._player.children:
            widget.close()
        self._player.children = ()


def _choice(title: str, names: Sequence[str], chosen: Sequence[str]) -> w.SelectMultiple:
    width = "260px" if title == "Faults" else "230px"
    return w.SelectMultiple(
        options=list(names), value=list(chosen), description=title, rows=6,
        layout=w.Layout(width=width),
    )  # fmt: skip


def _detail(result: CellResult) -> str:
    word = {"pass": "passed", "fail": "failed", "unknown": "ended without a verdict"}
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in result.reasons)
    return (
        f"<p><strong>{escape(result.cell.name)}</strong> {word[result.verdict]}, "
        f"{result.attempts} attempt{'' if result.attempts == 1 else 's'}, "
        f"{result.seconds:.1f} s</p>"
        + (f"<ul>{reasons}</ul>" if reasons else "")
        + f"<pre>{escape(result.command)}</pre>"
    )
