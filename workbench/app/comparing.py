"""A measured comparison: the drawing, the sentence to take away, the table, the export."""

import csv
import io
from typing import Any

import orjson
import streamlit as st

from workbench.app.component import drawn_comparison
from workbench.app.shown import DASH, metric_text, plain, seconds_text
from workbench.lab.comparison import COLUMNS
from workbench.metrics import METRICS

__all__ = ["headline", "measured_table", "rows_of"]


def measured_table(result: dict[str, Any]) -> None:
    st.subheader("Measured")
    st.markdown(headline(result))
    drawn_comparison(result)
    rows = rows_of(result)
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            METRICS[name].title: st.column_config.TextColumn(help=METRICS[name].formula)
            for name in COLUMNS
        },
    )
    st.caption(
        f"Medians of the completed runs. Percentiles: {result['percentiles']}. A reader reads "
        f"{result['words_per_minute']:g} words a minute. A dash: this transport has no such moment."
    )
    with st.container(horizontal=True):
        download("JSON", orjson.dumps(result, option=orjson.OPT_INDENT_2), "application/json")
        download("CSV", csv_of(rows), "text/csv")


def download(name: str, data: bytes, media_type: str) -> None:
    st.download_button(
        f"Export as {name}", data, f"comparison.{name.lower()}", media_type, on_click="ignore",
        icon=":material/download:", type="tertiary",
    )  # fmt: skip


def rows_of(result: dict[str, Any]) -> list[dict[str, str]]:
    return [row(lane) for lane in result["lanes"]]


def row(lane: dict[str, Any]) -> dict[str, str]:
    reader = lane["reader"] or {}
    return {
        "Lane": lane["label"],
        **{METRICS[name].title: median(lane, name) for name in COLUMNS},
        "Reader done": seconds_text(reader.get("ends_s")),
        "Resumable": "yes" if lane["resumable"] else "no",
        "Completed": str(lane["completed"]),
        "Failed": ", ".join(f"{n} × {why}" for why, n in lane["failures"].items()) or "0",
    }


def median(lane: dict[str, Any], name: str) -> str:
    spread = lane["metrics"][name]
    return metric_text(spread["median"], METRICS[name].unit) if spread else DASH


def csv_of(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def headline(result: dict[str, Any]) -> str:
    """The one sentence that a visitor takes away."""
    ends = {lane["label"]: lane["reader"]["ends_s"] for lane in result["lanes"] if lane["reader"]}
    if len(ends) < 2:
        return ""
    soonest, latest = min(ends, key=ends.__getitem__), max(ends, key=ends.__getitem__)
    saved = ends[latest] - ends[soonest]
    return (
        f"A reader of **{plain(soonest)}** is done after {seconds_text(ends[soonest])}, "
        f"**{seconds_text(saved)} sooner** than one of **{plain(latest)}**."
    )
