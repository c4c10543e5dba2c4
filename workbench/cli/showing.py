"""Runs on a screen: a table of many, everything about one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from workbench.app.shown import DASH, ago, bytes_text, metric_text, seconds_text
from workbench.cli.screen import visible
from workbench.errors import InvalidSetting
from workbench.events import Status
from workbench.metrics import METRICS, Metrics
from workbench.metrics.seams import SeamReport

if TYPE_CHECKING:
    from workbench.service import Run

__all__ = ["line_of", "print_run", "statuses", "table_of_runs"]

_COLOURS = {
    "completed": "green",
    "incomplete": "yellow",
    "failed": "red",
    "cancelled": "yellow",
    "interrupted": "red",
}


def statuses(names: Sequence[str] | None) -> list[Status] | None:
    known = get_args(Status)
    for name in names or ():
        if name not in known:
            raise InvalidSetting(f"{name!r} is no status; there are {', '.join(known)}.")
    return [name for name in known if name in names] if names else None


def table_of_runs(rows: Iterable[Mapping[str, Any]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("id", "status", "provider", "transport", "when", "took", "cursor", "input"):
        right = name in {"took", "cursor"}
        table.add_column(
            name,
            justify="right" if right else "left",
            no_wrap=True,
            overflow="fold" if name == "id" else "ellipsis",
        )
    now = datetime.now(UTC).timestamp()
    for row in rows:
        table.add_row(
            row["id"],
            Text(row["status"], style=_COLOURS.get(row["status"], "cyan")),
            row["provider"],
            row["transport"],
            ago(row["created_at"], now),
            seconds_text(row["duration_s"]),
            f"{row['cursor']:,}",
            Text(visible(row["input"])),
        )
    return table


def line_of(row: Mapping[str, Any]) -> str:
    """Columns between tabs: for `cut` and `awk`."""
    created = datetime.fromtimestamp(row["created_at"], UTC).isoformat(timespec="seconds")
    fields = (row["id"], row["status"], row["provider"], row["transport"], created, row["cursor"],
              visible(row["input"]))  # fmt: skip
    return "\t".join(map(str, fields)) + "\n"


def print_run(console: Console, run: "Run") -> None:
    info, state = run.info, run.state
    request = info.request
    created = datetime.fromtimestamp(info.created_at).astimezone()
    facts = {
        "run": info.id,
        "status": Text(info.status, style=_COLOURS.get(info.status, "cyan")),
        "provider": request.provider,
        "model": state.model or request.model or DASH,
        "transport": request.transport,
        "response": state.response_id or DASH,
        "created": created.strftime("%Y-%m-%d %H:%M:%S %z"),
        "cursor": f"{state.cursor:,}",
        "error": Text(visible(str((state.error or {}).get("message") or DASH))),
    }
    console.print(_grid(facts))
    for summary in state.summaries:
        console.print(Text(f"\n{visible(summary).strip()}", style="dim italic"))
    for tool in state.tools:
        call = f"{tool.name or tool.kind}({tool.arguments})"
        console.print(Text(visible(f"\n⚙ {call} · {tool.status or 'in progress'}"), style="cyan"))
        if tool.output is not None:
            console.print(Text(visible(f"  → {tool.output}")))
    if state.text:
        console.print(Text(f"\n{visible(state.text)}"))
    if state.refusal:
        console.print(Text(f"\nrefused: {visible(state.refusal)}", style="yellow"))
    metrics = run.metrics()
    _heading(console, "Clocks")
    console.print(_clocks(metrics))
    _heading(console, "Seams")
    _print_seams(console, run.seams())


def _heading(console: Console, title: str) -> None:
    console.print(Text(f"\n{title}", style="bold"))


def _grid(facts: Mapping[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    for name, value in facts.items():
        grid.add_row(name, value)
    return grid


def _clocks(metrics: Metrics) -> Table:
    return _grid(
        {
            METRICS[name].title: metric_text(value, METRICS[name].unit)
            + (" (few samples)" if name in metrics.few else "")
            for name, value in metrics.items()
            if value is not None
        }
    )


def _print_seams(console: Console, seams: SeamReport) -> None:
    style = {True: "green", False: "red", None: "yellow"}[seams.holds]
    console.print(Text(visible(seams.sentence), style=style))
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("attempt", "mode", "cursors", "events", "twice", "received", "ended"):
        table.add_column(name, justify="left" if name in {"mode", "ended"} else "right")
    for one in seams.attempts:
        cursors = f"{one.first_cursor or DASH}-{one.last_cursor or DASH}"
        table.add_row(str(one.attempt), one.mode, cursors, str(one.events), str(one.duplicates),
                      bytes_text(one.bytes), one.cause or one.outcome)  # fmt: skip
    console.print(table)
    for seam in seams.seams:
        console.print(
            f"attempt {seam.after_attempt} broke at cursor {seam.last_cursor or 0}"
            f" ({seam.cause or 'its process went away'}); "
            + (
                "nothing came after"
                if seam.attempt is None
                else f"attempt {seam.attempt} ({seam.mode}) went on at cursor {seam.first_cursor}"
                f" after {seconds_text(seam.outage_s)}, {seam.duplicates} duplicates dropped"
            )
        )
    for gap in seams.gaps:
        kept = "filled" if gap.filled else "not filled"
        console.print(
            f"events {gap.expected} to {gap.got} were missing at cursor {gap.cursor}: {kept}"
        )
