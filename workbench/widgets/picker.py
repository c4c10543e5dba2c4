"""Search the runs of a folder and choose some."""

from typing import Any

import ipywidgets as w
import traitlets as t

from workbench.service import Run, RunList, Workbench
from workbench.widgets.experiment import button
from workbench.widgets.picture import Pictured
from workbench.widgets.shared import workbench_or_shared

__all__ = ["RunPicker"]


class RunPicker(Pictured, w.VBox):  # type: ignore[misc]  # it ships no types
    """`selection` holds the ids that are chosen, `runs` the runs, `run` the first of them.

    The search looks at the input, status, provider, transport and id of the newest runs.
    """

    search = t.Unicode("")
    selection = t.List(t.Unicode())

    def __init__(
        self, workbench: Workbench | None = None, *, search: str = "", limit: int = 200
    ) -> None:
        self._workbench = workbench_or_shared(workbench)
        self._limit = limit
        self._field = w.Text(
            search, placeholder="Search runs", layout=w.Layout(width="min(30rem, 100%)")
        )
        self._list = w.SelectMultiple(rows=8, layout=w.Layout(width="min(52rem, 100%)"))
        self._list.add_class("workbench-picker")
        style = w.HTML(
            "<style>.workbench-picker select { font-family: monospace }\n"
            f"{self.hiding_style}</style>"
        )
        again = button("Refresh", self.refresh, icon="refresh")
        super().__init__([w.HBox([self._field, again]), self._list, style])
        self.search = search
        self.refresh()
        t.link((self, "search"), (self._field, "value"))
        t.link((self, "selection"), (self._list, "value"))
        self.observe(lambda _: self.refresh(), "search")

    @t.validate("selection")
    def _in_the_list(self, proposal: Any) -> list[str]:
        chosen: list[str] = proposal["value"]
        found = {run for _, run in self._list.options}
        if unknown := [run for run in chosen if run not in found]:
            raise t.TraitError(f"The list does not show a run {unknown[0]!r}.")
        return chosen

    def __repr__(self) -> str:
        return f"RunPicker({self._count}, {len(self.selection)} chosen)"

    @property
    def _count(self) -> str:
        number = len(self._list.options)
        return f"{number} run{'' if number == 1 else 's'}"

    @property
    def runs(self) -> RunList:
        """Those that are chosen."""
        return RunList(self._workbench.run(run) for run in self.selection)

    @property
    def run(self) -> Run | None:
        """The first that is chosen."""
        return self.runs[0] if self.selection else None

    def refresh(self) -> None:
        """Look again at what runs there are; what is chosen stays so if it is still there."""
        words = self.search.lower().split()
        options = []
        for run in self._workbench.runs(limit=self._limit):
            line = _line(run)
            if all(word in line.lower() for word in words):
                options.append((line, run.id))
        kept = {run for _, run in options} & set(self.selection)
        self._list.options = options
        self._list.value = tuple(run for _, run in options if run in kept)

    def picture(self) -> str:
        if self.selection:
            return self.runs._repr_html_()
        return f"<p>{self._count}, none chosen.</p>"


def _line(run: Run) -> str:
    row = run.to_row()
    asked = row["input"] if len(row["input"]) <= 40 else row["input"][:39] + "…"
    columns = (f"{row['status']:<11}", f"{row['transport']:<10}", f"{row['provider']:<10}")
    return "  ".join((row["id"][-6:], *columns, asked))
