"""`%load_ext workbench` and the cell magic that it brings."""

from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from workbench.errors import WorkbenchError
from workbench.events import TRANSPORTS
from workbench.service import Run, Workbench
from workbench.widgets.live import LiveView
from workbench.widgets.shared import workbench_or_shared

__all__ = ["Generate"]


OURS = "wb"


@magics_class
class Generate(Magics):  # type: ignore[misc]  # IPython is half typed
    """Starts runs from cells."""

    @magic_arguments()
    @argument("--provider", help="simulator, openai, openrouter or chat")
    @argument("--model", help="a model of that provider")
    @argument("--base-url", help="where that provider is")
    @argument("--transport", choices=TRANSPORTS, help="how the response is asked for")
    @argument("--scenario", help="what the simulator plays")
    @argument("--faults", help="what it breaks, such as cut@event:40")
    @argument("--speed", type=float, help="how many times as fast the simulator is")
    @argument("--seed", type=int, help="the simulator's")
    @argument("--key", help="the same key gives the same run, however often the cell is executed")
    @argument("--name", default="run", help="the variable that gets the run (run)")
    @argument("--workbench", default=OURS, help="the variable that holds the workbench (wb)")
    @argument("--no-view", action="store_true", help="show nothing")
    @cell_magic
    def generate(self, line: str, cell: str) -> LiveView | None:
        """Start a run from the text of this cell and show it live; returns at once."""
        asked = dict(vars(parse_argstring(self.generate, line)))
        name, holder, hidden = asked.pop("name"), asked.pop("workbench"), asked.pop("no_view")
        if not name.isidentifier():
            raise UsageError(f"{name!r} cannot be the name of a variable.")
        if not cell.strip():
            raise UsageError("The cell is empty: write the prompt below the line of %%generate.")
        try:
            run = self._bench(holder).start(cell.strip(), **asked)
        except WorkbenchError as error:
            raise UsageError(str(error)) from error
        self._set(name, run)
        return None if hidden else LiveView(run)

    def _bench(self, name: str) -> Workbench:
        found = self.shell.user_ns.get(name)
        if isinstance(found, Workbench):
            return found
        if found is not None or name != OURS:
            raise UsageError(f"There is no workbench in the variable {name!r}.")
        made = workbench_or_shared(None)
        self._set(name, made)
        return made

    def _set(self, name: str, value: Workbench | Run) -> None:
        self.shell.push({name: value})


def register(shell: Any) -> None:
    shell.register_magics(Generate)
