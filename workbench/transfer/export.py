"""A run as a file that other tools read: jsonl, csv, parquet, sse, har.

Nothing in a log holds a key, so nothing here can leak one.
"""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from workbench.errors import InvalidSetting
from workbench.events import Entry, RunInfo
from workbench.transfer.har import har
from workbench.transfer.info import info_to_dict
from workbench.transfer.sse import provider_stream
from workbench.transfer.table import COLUMNS, frame, rows

__all__ = ["FORMATS", "export"]

FORMAT_VERSION = 1


def export(info: RunInfo, entries: Sequence[Entry], format: str) -> bytes:  # noqa: A002 - what it is
    """The bytes of a file in one of FORMATS."""
    try:
        return FORMATS[format][0](info, entries)
    except KeyError:
        known = ", ".join(FORMATS)
        raise InvalidSetting(f"There is no format {format!r}; choose one of {known}.") from None


def as_jsonl(info: RunInfo, entries: Sequence[Entry]) -> bytes:
    """A line that describes the run, then a line for each entry; reading it back loses nothing."""
    head = {"workbench": FORMAT_VERSION, "run": info_to_dict(info)}
    lines: list[Any] = [head, *(entry._asdict() for entry in entries)]
    return b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)


def as_csv(_: RunInfo, entries: Sequence[Entry]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(rows(entries))
    return text.getvalue().encode()


def as_parquet(info: RunInfo, entries: Sequence[Entry]) -> bytes:
    table = frame(entries)
    table.attrs = {"run": info.id}
    target = io.BytesIO()
    table.to_parquet(target, index=False)
    return target.getvalue()


def as_sse(_: RunInfo, entries: Sequence[Entry]) -> bytes:
    return provider_stream(entries)


def as_har(info: RunInfo, entries: Sequence[Entry]) -> bytes:
    return orjson.dumps(har(info, entries), option=orjson.OPT_INDENT_2)


Writer = Callable[[RunInfo, Sequence[Entry]], bytes]

# Name -> (writer, media type, what it is good for).
FORMATS: Final[dict[str, tuple[Writer, str, str]]] = {
    "jsonl": (as_jsonl, "application/x-ndjson", "everything, one entry a line; can be imported"),
    "csv": (as_csv, "text/csv", "one row an entry, for a spreadsheet"),
    "parquet": (as_parquet, "application/vnd.apache.parquet", "the same, typed, for DataFrames"),
    "sse": (as_sse, "text/event-stream", "the provider's stream alone; can be imported"),
    "har": (as_har, "application/json", "HTTP Archive 1.2, for the network panel of a browser"),
}
