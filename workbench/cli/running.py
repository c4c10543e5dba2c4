"""Verbs about runs: start them, list them, look at them, follow them, stop them."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options as o
from workbench.cli.carrying import Carrier, carry as carry_runs
from workbench.cli.opening import find, open_workbench
from workbench.cli.screen import is_person, out, say, write, write_json
from workbench.errors import InvalidSetting, WorkbenchError

if TYPE_CHECKING:
    from workbench.service import Run

__all__ = ["cancel", "carry", "follow", "run", "runs", "show"]

_STOP_S = 30.0


def run(
    prompt: Annotated[
        str | None, typer.Argument(help="What to ask; - or nothing reads stdin.")
    ] = None,
    provider: o.ProviderName = None,
    base_url: o.BaseUrl = None,
    model: o.Model = None,
    transport: o.TransportName = None,
    scenario: o.ScenarioName = None,
    fault: o.FaultText = None,
    key: Annotated[str | None, typer.Option(help="The same key is the same run, for good.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Print the id and return.")] = False,
    speed: o.Speed = None,
    seed: o.Seed = None,
    effort: o.Effort = None,
    instructions: o.Instructions = None,
    temperature: o.Temperature = None,
    max_output_tokens: o.MaxOutputTokens = None,
    on_lost: o.OnLostPolicy = None,
    lost_after: o.LostAfter = None,
    as_json: o.Json = False,
    data: o.Data = None,
) -> int:
    """Start a run and follow it to its end; Ctrl-C stops the watching, not the run."""
    said = _prompt(prompt)
    carrier = Carrier(data)
    wb = open_workbench(data)
    asked: dict[str, Any] = {
        "provider": provider,
        "base_url": base_url,
        "model": model,
        "transport": transport,
        "scenario": scenario,
        "faults": "; ".join(fault) if fault else None,
        "speed": speed,
        "seed": seed,
        "reasoning_effort": effort,
        "instructions": instructions,
        "temperature": temperature,
        "max_output_tokens": max_output_tokens,
        "on_lost": on_lost,
        "lost_after_s": lost_after,
    }
    try:
        started = wb.start(
            said, key=key, **{name: value for name, value in asked.items() if value is not None}
        )
    except WorkbenchError:
        carrier.dismiss()
        raise
    carrier.hand(started.id)
    if not detach:
        say(f"run {started.id}")
        return _watch(started, carrier, after=0, silent=as_json, as_object=as_json)
    if as_json:
        write_json(started.to_dict())
    else:
        write(f"{started.id}\n")
        say(f"It goes on by itself; watch it with: workbench follow {started.id}")
    return 0


def _prompt(prompt: str | None) -> str:
    if prompt not in (None, "-"):
        return prompt or ""
    if prompt is None and sys.stdin.isatty():
        raise InvalidSetting('There is no prompt: workbench run "Plan a week in Lisbon".')
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def follow(
    run_id: o.RunId, after: o.After = 0, as_json: o.Json = False, data: o.Data = None
) -> int:
    """Tell a run from a cursor on, live, until it ends; Ctrl-C stops the watching alone."""
    wb = open_workbench(data)
    found = find(wb, run_id)
    carrier = None if found.is_ended else Carrier(data)
    if carrier is not None:
        carrier.hand(found.id)
    return _watch(found, carrier, after=after, entries=as_json)


def _watch(
    run: "Run",
    carrier: Carrier | None,
    *,
    after: int,
    entries: bool = False,
    silent: bool = False,
    as_object: bool = False,
) -> int:
    from workbench.cli import watching
    from workbench.cli.tellers import teller

    try:
        with run.follow(after) as follower:
            if carrier is not None:
                carrier.mind(on_failure=follower.close)
            state = watching.known(run, 0 if entries else after)
            expected = None if entries else run.expected
            telling = teller(state, as_json=entries, silent=silent, expected=expected)
            watching.tell_all(follower.batches(), telling)
    except KeyboardInterrupt:
        watching.detached(run)
        return 130
    if not run.is_ended:
        say("workbench: The process that carries the run ends again and again; it is not done.")
        return 1
    if as_object:
        write_json(run.to_dict())
    if not entries:
        watching.verdict(run)
    return watching.exit_code(run.status)


def runs(
    status: Annotated[list[str] | None, typer.Option(help="Only these; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
    before: Annotated[str | None, typer.Option(help="Older than this run.")] = None,
    as_json: o.Json = False,
    data: o.Data = None,
) -> None:
    """List runs, newest first."""
    from workbench.cli import showing

    wb = open_workbench(data)
    rows = [run.to_row() for run in wb.runs(showing.statuses(status), limit, before)]
    if as_json:
        write_json(rows)
    elif is_person():
        out().print(showing.table_of_runs(rows))
    else:
        write("".join(showing.line_of(row) for row in rows))


def show(run_id: o.RunId, as_json: o.Json = False, data: o.Data = None) -> None:
    """Show one run: its text, its clocks and its seams."""
    wb = open_workbench(data)
    found = find(wb, run_id)
    if as_json:
        write_json(found.to_dict())
        return
    from workbench.cli import showing

    showing.print_run(out(), found)


def cancel(run_id: o.RunId, as_json: o.Json = False, data: o.Data = None) -> int:
    """Stop a run, whoever carries it; what arrived is kept."""
    wb = open_workbench(data)
    found = find(wb, run_id)
    if found.is_ended:
        say(f"{found.id} had already ended; there was nothing to stop.")
    else:
        if wb.log.holder(found.id) is None:
            Carrier(data).hand(found.id)
        found.cancel()
        found.wait(_STOP_S)
    if as_json:
        write_json(found.to_dict())
    elif is_person():
        say(f"{found.id} is {found.status}; {found.state.characters} characters are kept.")
    else:
        write(f"{found.status}\n")
    return 0


def carry(data: o.Data = None) -> None:
    """Carry runs until they have ended; their ids are read from stdin, none means all orphans."""
    wb = open_workbench(data)
    # Most of a second: better while the starter gets ready than when there is something to carry.
    import_module("workbench.providers.openai")
    try:
        if sys.stdin.isatty():
            carry_runs(wb, [])
        elif named := sys.stdin.read().split():
            carry_runs(wb, named)
    finally:
        wb.close()
