"""Verbs about experiments: compare transports, rehearse failures, replay what was recorded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options as o
from workbench.cli.opening import find, open_workbench
from workbench.cli.screen import is_person, out, side, visible, write, write_json
from workbench.errors import InvalidSetting

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from workbench.service import Workbench

__all__ = ["compare", "lab", "replay"]

_STOP_S = 5.0
_TONES = {"✓": "green", "✗": "bold red", "?": "yellow"}


def compare(
    prompt: Annotated[str, typer.Argument(help="What to ask, each time.")],
    transport: Annotated[
        list[str] | None, typer.Option(help="A lane; may be repeated. All four otherwise.")
    ] = None,
    provider: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    repeat: Annotated[int, typer.Option(help="Rounds that count.", min=1)] = 5,
    warmup: Annotated[int, typer.Option(help="Rounds before them, kept apart.", min=0)] = 1,
    wpm: Annotated[float, typer.Option(help="The reader's words per minute.", min=1)] = 238.0,
    base_url: o.BaseUrl = None,
    scenario: o.ScenarioName = None,
    fault: o.FaultText = None,
    speed: o.Speed = None,
    seed: o.Seed = None,
    effort: o.Effort = None,
    max_output_tokens: o.MaxOutputTokens = None,
    as_json: o.Json = False,
    data: o.Data = None,
) -> int:
    """Ask the same over several transports, providers or models, and measure each alike."""
    asked = {
        "base_url": base_url,
        "scenario": scenario,
        "faults": "; ".join(fault) if fault else None,
        "speed": speed,
        "reasoning_effort": effort,
        "max_output_tokens": max_output_tokens,
    }
    lanes = {"transports": transport, "providers": provider, "models": model}
    with open_workbench(data, runner=True) as wb, _abandoning(wb), _progress("comparing") as told:
        result = wb.compare(
            prompt,
            repeat=repeat,
            warmup=warmup,
            seed=seed or 0,
            words_per_minute=wpm,
            progress=told,
            **{name: value for name, value in lanes.items() if value},
            **{name: value for name, value in asked.items() if value is not None},
        )
    if as_json:
        write_json(result.to_dict())
    else:
        if is_person():
            out().print(_table(result.table()))
        write(f"{result.timeline(out().width if is_person() else 100)}\n")
    return 0 if all(result.of(lane.label) for lane in result.lanes) else 1


def lab(
    scenario: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="One row, such as cut@event:10 or none; may be repeated."),
    ] = None,
    transport: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    reading: Annotated[
        list[str] | None, typer.Option(help="fresh, refresh, offline or two-tabs; repeatable.")
    ] = None,
    client: Annotated[
        str | None,
        typer.Option(metavar="CMD", help="Judge this command, which prints the final text."),
    ] = None,
    provider: o.ProviderName = None,
    base_url: o.BaseUrl = None,
    model: o.Model = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before spending money.")] = False,
    speed: o.Speed = None,
    seed: o.Seed = None,
    parallel: Annotated[
        int | None, typer.Option(help="Cells at a time.", min=1, show_default=False)
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the runs in the folder.")] = False,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write JUnit XML.", show_default=False)
    ] = None,
    as_json: o.Json = False,
    data: o.Data = None,
) -> int:
    """Rehearse failures: every cell a real run over a real socket, and a verdict on each."""
    if client and provider:
        raise InvalidSetting("--client and --provider are two labs; ask for one at a time.")
    paid = provider not in {None, "simulator"} or base_url is not None
    names = {"scenarios": scenario, "faults": fault, "transports": transport, "readings": reading}
    asked: dict[str, Any] = {**names, "client": client, "seed": seed}
    if paid:
        asked |= {"provider": provider, "base_url": base_url, "model": model,
                  "confirm": (lambda _: True) if yes else _agreed}  # fmt: skip
    else:
        asked |= {"speed": speed, "parallel": parallel}
    given = {name: value for name, value in asked.items() if value is not None}
    with (
        open_workbench(data, runner=keep or paid) as wb,
        _abandoning(wb),
        _progress("rehearsing") as told,
    ):
        report = wb.lab(progress=told, keep=keep, **given)
    if junit is not None:
        junit.write_text(report.to_junit(), encoding="utf-8")
    if as_json:
        write_json(report.to_dict())
    elif is_person():
        out().print(_coloured(str(report)))
    else:
        write(f"{report}\n")
    return 0 if report.is_ok else 1


def replay(
    run_id: o.RunId,
    speed: Annotated[
        float, typer.Option(help="1 is its own pace, 2 twice as fast, 0 at once.", min=0)
    ] = 1.0,
    after: o.After = 0,
    until: Annotated[
        int | None, typer.Option(metavar="CURSOR", help="End with it.", show_default=False)
    ] = None,
    as_json: o.Json = False,
    data: o.Data = None,
) -> None:
    """Tell a run again as it came, or faster, or at once."""
    from workbench.cli import watching
    from workbench.cli.tellers import teller

    with open_workbench(data) as wb:
        found = find(wb, run_id)
        telling = teller(watching.known(found, after), as_json=as_json)
        entries = found.replay(speed=speed, after=after, until=until)
        watching.tell_all(([entry] for entry in entries), telling)


def _agreed(question: str) -> bool:
    """Only a yes is one; nobody there to ask is a no."""
    return side().is_terminal and typer.confirm(question, err=True)


@contextmanager
def _abandoning(wb: "Workbench") -> Iterator[None]:
    """After Ctrl-C nobody wants the runs of an experiment any more, and some cost money."""
    began = wb.clock.now()
    try:
        yield
    except KeyboardInterrupt:
        ours = [wb.run(run_id) for run_id in wb.runner.carried]
        ours = [run for run in ours if run.info.created_at >= began]
        for run in ours:
            run.cancel()
        with suppress(TimeoutError):
            for run in ours:
                run.wait(_STOP_S)
        raise


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr for whoever looks at it."""
    from rich import progress

    bar = progress.Progress(
        progress.TextColumn(what),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("{task.description}"),
        console=side(),
        transient=True,
        disable=not side().is_terminal,
    )
    task = bar.add_task("", total=None, start=True)

    def told(done: int, total: int, word: str) -> None:
        bar.start()
        bar.update(task, completed=done, total=total, description=visible(word)[:60])

    try:
        yield told
    finally:
        bar.stop()


def _table(rows: list[dict[str, Any]]) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="dim")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), justify="left" if name == "lane" else "right")
    for row in rows:
        table.add_row(*[_figure(name, value) for name, value in row.items()])
    return table


def _figure(name: str, value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        per_second = name.endswith("_per_s")
        return f"{value:.3f} s" if name.endswith("_s") and not per_second else f"{value:,.0f}"
    return str(value)


def _coloured(report: str) -> "Text":
    from rich.text import Text

    text = Text(visible(report))
    for sign, tone in _TONES.items():
        text.highlight_words([sign], style=tone)
    return text
