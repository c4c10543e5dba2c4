"""Follow a run to its end, or until Ctrl-C, and say what came of it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from workbench.cli.screen import side, visible
from workbench.cli.tellers import Teller
from workbench.events import Entry, Status
from workbench.state import RunState, fold

if TYPE_CHECKING:
    from workbench.service import Run

__all__ = ["FAILED", "detached", "exit_code", "known", "tell_all", "verdict"]

FAILED: frozenset[Status] = frozenset({"failed", "cancelled", "interrupted"})
_SIGNS = {"completed": ("✓", "green"), "incomplete": ("!", "yellow")}


def exit_code(status: Status) -> int:
    return 1 if status in FAILED else 0


def known(run: "Run", after: int) -> RunState:
    """What a reader who has seen everything up to a cursor knows."""
    return fold(entry for entry in run.entries() if entry.cursor <= after) if after else RunState()


def tell_all(batches: Iterable[Sequence[Entry]], teller: Teller) -> None:
    """Until there is no more, or Ctrl-C."""
    try:
        for batch in batches:
            teller.tell(batch)
    finally:
        teller.close()


def detached(run: "Run") -> None:
    """What somebody has to know who stopped watching."""
    console = side()
    console.print(f"Detached; the run goes on. Come back with: workbench follow {run.id}")
    console.print(f"Stop it with: workbench cancel {run.id}")


def verdict(run: "Run") -> None:
    """How a run ended, on stderr: its status, a few moments, its seams."""
    status = run.status
    sign, style = _SIGNS.get(status, ("✗", "red"))
    metrics, seams = run.metrics(), run.seams()
    moments = [
        f"{title} {metrics[name]:.2f} s"
        for title, name in (("first sign", "first_sign_s"), ("first text", "first_text_s"),
                            ("done", "done_s"))
        if metrics[name] is not None
    ]  # fmt: skip
    console = side()
    said = Text(f"{sign} {status}", style=style)
    said.append(" · ".join(["", f"cursor {run.cursor:,}", *moments]), style="dim")
    console.print(said)
    if error := run.error:
        console.print(Text(visible(f"  {error.get('message')}"), style=style))
    if seams.seams or seams.holds is False:
        times = "once" if len(seams.seams) == 1 else f"{len(seams.seams)} times"
        told = f"  interrupted {times}. {seams.sentence}" if seams.seams else f"  {seams.sentence}"
        console.print(Text(visible(told), style="green" if seams.holds else "yellow"))
    console.print(Text(f"  workbench show {run.id}", style="dim"))
