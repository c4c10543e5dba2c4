"""Verbs about files: runs out of the folder, into it, and away."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli import options as o
from workbench.cli.opening import find, open_workbench
from workbench.cli.screen import is_person, say, write, write_json
from workbench.errors import CorruptEntry, InvalidSetting

if TYPE_CHECKING:
    from workbench.service import Workbench

__all__ = ["clean", "export", "import_"]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def export(
    run_id: o.RunId,
    format: Annotated[  # noqa: A002 - the option's name
        str | None,
        typer.Option(
            "--format",
            help="jsonl, csv, parquet, sse or har; else by the file's name, or jsonl.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="stdout otherwise.", show_default=False
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --output: say in JSON what was written.")
    ] = False,
    data: o.Data = None,
) -> None:
    """Write a run as a file that other tools read."""
    from workbench.transfer.export import FORMATS

    wanted = format or (output.suffix.removeprefix(".") if output else "") or "jsonl"
    wb = open_workbench(data)
    found = find(wb, run_id)
    exported = wb.export(found.id, wanted)
    if output is None:
        if is_person() and not FORMATS[wanted][1].startswith(
            ("text/", "application/x-", "application/json")
        ):
            raise InvalidSetting(f"A terminal cannot show {wanted}: name a file with --output.")
        write(exported)
        return
    output.write_bytes(exported)
    if as_json:
        write_json({"id": found.id, "format": wanted, "path": str(output), "bytes": len(exported)})
    else:
        say(f"{len(exported):,} bytes of {wanted} in {output}")


def import_(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A jsonl export or a recorded event stream; - is stdin."
        ),
    ],
    as_json: o.Json = False,
    data: o.Data = None,
) -> None:
    """Read a run back in; it can be shown, followed, replayed and compared like any other."""
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    run = open_workbench(data).import_run(content)
    if as_json:
        write_json(run.to_row())
    else:
        write(f"{run.id}\n")


def clean(
    run_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Delete these runs alone.")
    ] = None,
    older_than: Annotated[
        str | None,
        typer.Option(
            help="Delete what ended longer ago: 90s, 15m, 12h, 30d, 4w. 30d otherwise.",
            show_default=False,
        ),
    ] = None,
    as_json: o.Json = False,
    data: o.Data = None,
) -> None:
    """Delete ended runs; what still goes on is never touched."""
    if run_ids and older_than:
        raise InvalidSetting("Name runs or an age, not both.")
    wb = open_workbench(data)
    deleted = (
        _delete(wb, run_ids) if run_ids else wb.clean(older_than=_duration(older_than or "30d"))
    )
    left = wb.stats()
    if as_json:
        write_json({"deleted": deleted, "runs": left.runs, "bytes": left.bytes})
    elif is_person():
        say(f"{deleted} deleted, {left.runs} left.")
    else:
        write(f"{deleted}\n")


def _delete(wb: "Workbench", run_ids: list[str]) -> int:
    found = [_named(wb, run_id) for run_id in run_ids]  # all of them, before any is gone
    for run_id in found:
        wb.delete(run_id)
    return len(found)


def _named(wb: "Workbench", run_id: str) -> str:
    try:
        return find(wb, run_id).id
    except CorruptEntry as damaged:
        return damaged.run  # nothing can be told of it, but deleted it can be


def _duration(text: str) -> timedelta:
    number, unit = text[:-1], text[-1:]
    try:
        return timedelta(seconds=float(number) * _UNITS[unit])
    except (KeyError, ValueError, OverflowError):
        raise InvalidSetting(f"{text!r} is no age; write 90s, 15m, 12h, 30d or 4w.") from None
