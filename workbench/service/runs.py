"""Several runs as one value that shows itself as a table."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.service.run import Run
from workbench.views.static_html import table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RunList"]

_TITLES = ("started", "status", "provider", "transport", "entries", "seconds", "input", "id")


class RunList(list[Run]):
    """A list of runs; a notebook draws it as a table, `to_dataframe` has every column."""

    def __repr__(self) -> str:
        if not self:
            return "no runs"
        rows = [_TITLES, *(_cells(run.to_row()) for run in self)]
        widths = [max(len(row[n]) for row in rows) for n in range(len(_TITLES))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    def _repr_html_(self) -> str:
        return table(_TITLES, [_cells(run.to_row()) for run in self], empty="No runs yet.")

    def to_dataframe(self) -> "pd.DataFrame":
        """One row per run: what `runs --json` prints, times as timestamps."""
        import pandas as pd

        frame = pd.DataFrame([run.to_row() for run in self])
        for name in ("created_at", "closed_at"):
            if name in frame:
                frame[name] = pd.to_datetime(frame[name], unit="s", utc=True)
        return frame


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    started = datetime.fromtimestamp(row["created_at"], UTC).astimezone()
    took = row["duration_s"]
    asked = row["input"]
    return (
        f"{started:%d %b %H:%M:%S}",
        row["status"].replace("_", " "),
        row["provider"],
        row["transport"],
        f"{row['cursor']:,}",
        "" if took is None else f"{took:.1f}",
        asked if len(asked) <= 60 else asked[:59] + "…",
        row["id"],
    )
