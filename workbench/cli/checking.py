"""Verbs about the workbench itself: is it well, is it fast."""

import tempfile
from typing import Annotated

import typer

from workbench.cli import options as o
from workbench.cli.opening import open_workbench
from workbench.cli.screen import out, side, visible, write, write_json
from workbench.errors import InvalidSetting

__all__ = ["bench", "doctor"]

_SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "broken": ("✗", "red")}


def doctor(
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask whether providers answer.")
    ] = False,
    as_json: o.Json = False,
    data: o.Data = None,
) -> int:
    """Examine folder, store, leases, clock, providers and optional parts, and say what to do."""
    from rich.text import Text

    from workbench.service.doctor import examine

    findings = examine(open_workbench(data), network=not offline)
    if as_json:
        write_json([finding.to_dict() for finding in findings])
    else:
        console = out()
        for finding in findings:
            sign, style = _SIGNS[finding.state]
            line = Text(f"{sign} ", style=style)
            line.append(f"{finding.name:<11}", style="bold")
            line.append(visible(finding.message), style="")
            console.print(line)
            if finding.todo:
                console.print(Text(f"{'':13}{visible(finding.todo)}", style="dim"))
    return 1 if any(finding.state == "broken" for finding in findings) else 0


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these; all otherwise.")
    ] = None,
    scale: Annotated[
        float, typer.Option(help="Below 1: fewer and smaller, to try it.", min=0.001, max=1.0)
    ] = 1.0,
    as_json: o.Json = False,
    data: o.Data = None,
) -> None:
    """Measure the promises about speed, each against something that everybody has."""
    from rich.progress import Progress

    from workbench.bench.harness import Row, table
    from workbench.bench.suite import BENCHMARKS, measure

    for name in names or ():
        if name not in BENCHMARKS:
            raise InvalidSetting(
                f"There is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}."
            )
    chosen = names or list(BENCHMARKS)
    rows: list[Row] = []
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        tempfile.tempdir = str(data)  # another disk, another speed
    bar = Progress(console=side(), transient=True, disable=not side().is_terminal)
    with bar as progress:
        task = progress.add_task("", total=len(chosen))
        for name in chosen:
            progress.update(task, description=name)
            rows += measure([name], scale=scale)
            progress.advance(task)
    if as_json:
        write_json([row.to_dict() for row in rows])
    else:
        write(f"{table(rows)}\n")
