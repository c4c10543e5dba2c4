"""Entries as columns: what a spreadsheet, a DataFrame or a Parquet file shows of a log."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson

from workbench.events import Entry, Event

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "columns", "delta_text", "frame"]

# Name -> (pandas dtype, what it holds). The dtypes are nullable: a missing number stays missing.
COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "cursor": ("int64", "position in the log, dense from 1"),
    "at": ("float64", "seconds since the epoch when the last byte of the event arrived"),
    "elapsed_ms": ("float64", "milliseconds since the first entry"),
    "since_previous_ms": ("float64", "milliseconds since the entry before"),
    "type": ("string", "the event's type; those of the workbench begin with `workbench.`"),
    "sequence_number": ("Int64", "the provider's own number of the event"),
    "attempt": ("Int64", "the connection during which the entry was written, from 1"),
    "output_index": ("Int64", "which output item the event belongs to"),
    "part_index": ("Int64", "which content part or reasoning summary of that item"),
    "text": ("string", "the text that this event adds, when it adds any"),
    "characters": ("Int64", "how long that text is"),
    "filled": ("boolean", "whether the event was made from the final object"),
    "json": ("string", "the whole event"),
}


def columns(entries: Iterable[Entry]) -> dict[str, list[Any]]:
    """One list for each of COLUMNS, all of the same length."""
    found: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    first: float | None = None
    before: float | None = None
    attempt: int | None = None
    for entry in entries:
        event = entry.event
        if event["type"] == "workbench.attempt.started":
            attempt = event.get("attempt")
        first = entry.at if first is None else first
        text = delta_text(event)
        row = (
            entry.cursor,
            entry.at,
            (entry.at - first) * 1000,
            None if before is None else (entry.at - before) * 1000,
            event["type"],
            _whole(event.get("sequence_number")),
            attempt,
            _whole(event.get("output_index")),
            _whole(event.get("content_index", event.get("summary_index"))),
            text,
            None if text is None else len(text),
            bool((event.get("workbench") or {}).get("filled")),
            orjson.dumps(event).decode(),
        )
        for name, value in zip(COLUMNS, row, strict=True):
            found[name].append(value)
        before = entry.at
    return found


def frame(entries: Iterable[Entry]) -> "pd.DataFrame":
    """COLUMNS as a DataFrame of exactly those dtypes, however few entries there are."""
    import pandas as pd  # half a second to import, and only this needs it

    return pd.DataFrame(
        {
            name: pd.array(values, dtype=COLUMNS[name][0])  # type: ignore[call-overload]  # dtypes by name
            for name, values in columns(entries).items()
        }
    )


def delta_text(event: Event) -> str | None:
    """The text that an event adds to what a reader sees, or None."""
    delta = event.get("delta")
    if isinstance(delta, str) and event["type"].endswith(".delta"):
        return delta
    return None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def rows(entries: Sequence[Entry]) -> Iterable[tuple[Any, ...]]:
    """The same, row by row."""
    return zip(*columns(entries).values(), strict=True)
