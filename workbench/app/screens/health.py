"""How the runs of this folder fare, and what is wrong with the place they live in."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from workbench.app.measured import card_row
from workbench.app.serving import workbench
from workbench.app.shown import DASH, ago, bytes_text, plain, seconds_text
from workbench.service import Workbench

__all__ = ["page"]

HOUR_S = 3600.0
BUCKETS = {"hours": HOUR_S, "days": 24 * HOUR_S, "minutes": 60.0}
# A chart is no narrower than this, so that a single bar does not stand in an empty week.
LEAST_BUCKETS = 12
ACTIVE = 50
STATES = {"ok": ":material/check:", "warning": ":material/warning:", "broken": ":material/error:"}


def page() -> None:
    wb = workbench()
    by = st.segmented_control(
        "Over time, by", list(BUCKETS), default="hours", required=True, key="by",
        bind="query-params",
    )  # fmt: skip
    found = wb.health(bucket_s=BUCKETS[by])
    shares(found)
    left, right = st.columns(2, gap="large")
    with left:
        over_time(found["over_time"])
    with right:
        distributions(found)
    active(wb)
    place(wb)


def shares(found: dict[str, Any]) -> None:
    words = {
        "Runs": f"{found['runs']:,}",
        "Active": f"{found['active']:,}",
        "Success": share(found, "success"),
        "Failed": share(found, "failed"),
        "Interrupted": share(found, "interrupted"),
        "Recovered": f"{found['interrupted_and_recovered']:,}",
    }
    help_texts = {
        "Success": "Completed runs among those that ended and were not cancelled.",
        "Recovered": "Runs that were interrupted on the way and completed all the same.",
    }
    card_row(words, help_texts)


def share(found: dict[str, Any], name: str) -> str:
    value = found["shares"][name]
    return DASH if value is None else f"{value:.0%}"


def over_time(rows: list[dict[str, Any]]) -> None:
    st.subheader("Over time")
    if not rows:
        st.caption("No run has ended yet.")
        return
    chart(rows, bars=("completed", "interrupted", "failed", "cancelled"), unit="runs")
    st.markdown("**Median seconds**")
    chart(rows, lines={"first_sign_s": "first sign of life", "done_s": "done"}, unit="s")


def chart(
    rows: list[dict[str, Any]],
    *,
    unit: str,
    bars: Sequence[str] = (),
    lines: Mapping[str, str] | None = None,
) -> None:
    """Rows over time, as stacked bars or as lines with a dot for each stretch of time."""
    kinds = [(name, name, {"type": "bar", "stack": "runs", "barMaxWidth": 28}) for name in bars]
    kinds += [(name, label, {"type": "line"}) for name, label in (lines or {}).items()]
    first, last = rows[0]["from"], rows[-1]["until"]
    earliest = min(first, last - LEAST_BUCKETS * (rows[-1]["until"] - rows[-1]["from"]))
    st.echarts_chart(
        {
            "tooltip": {"trigger": "axis"},
            "legend": {
                "bottom": 0,
                "data": [label for name, label, _ in kinds if any(row[name] for row in rows)],
            },
            "grid": {"left": 40, "right": 16, "top": 24, "bottom": 56},
            "xAxis": {
                "type": "time",
                "splitNumber": 4,
                "min": earliest * 1000,
                "max": last * 1000,
            },
            "yAxis": {"type": "value", "name": unit, "minInterval": 1 if bars else 0},
            "series": [
                {
                    "name": label,
                    **how,
                    "data": [[middle(row), row[name]] for row in rows if row[name] is not None],
                }
                for name, label, how in kinds
            ],
        },
        height=220,
    )


def middle(row: dict[str, Any]) -> float:
    return float(row["from"] + row["until"]) / 2 * 1000


def distributions(found: dict[str, Any]) -> None:
    st.subheader("How long")
    named = {"First sign of life": "first_sign_s", "Done": "done_s", "Outage": "outage_s"}
    st.table(
        {
            "": list(named),
            "p50": [quantile(found[name], "p50") for name in named.values()],
            "p90": [quantile(found[name], "p90") for name in named.values()],
            "p99": [quantile(found[name], "p99") for name in named.values()],
            "samples": [f"{found[name]['samples']:,}" for name in named.values()],
        }
    )
    st.caption(f"Percentiles: {found['percentiles']}. A star: too few samples to be trusted.")
    if found["errors"]:
        st.table(
            {
                "error": [plain(code) for code in found["errors"]],
                "runs": list(found["errors"].values()),
            }
        )


def quantile(values: dict[str, Any], name: str) -> str:
    text = seconds_text(values[name])
    return f"{text}\u00a0*" if name in values["few"] else text


def active(wb: Workbench) -> None:
    st.subheader("Under way")
    runs = wb.runs(status=("queued", "in_progress"), limit=ACTIVE)
    if not runs:
        st.caption("No run is under way.")
        return
    rows = []
    for run in runs:
        holder = wb.log.holder(run.id)
        rows.append(
            {
                "run": run.id,
                "status": run.status.replace("_", " "),
                "cursor": run.cursor,
                "held by": holder[0] if holder else "nobody",
                "lease": seconds_text(holder[1]) if holder else DASH,
            }
        )
    st.dataframe(rows, hide_index=True)


def place(wb: Workbench) -> None:
    stats = wb.stats()
    st.subheader("This folder")
    words = {
        "Runs": f"{stats.runs:,}",
        "Size": bytes_text(stats.bytes),
        "Last clean-up": ago(stats.last_sweep_at, wb.clock.now())
        if stats.last_sweep_at
        else "never",
    }
    card_row(words)
    st.caption(plain(wb.settings.data))
    checks(wb)


def checks(wb: Workbench) -> None:
    """What `workbench doctor` says; providers are asked only when somebody wants to know."""
    from workbench.service.doctor import examine

    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("What the doctor says")
        asks = st.button("Ask the providers too", icon=":material/stethoscope:")
    findings = examine(wb, network=asks)
    st.table(
        {
            "": [STATES[finding.state] for finding in findings],
            "check": [finding.name for finding in findings],
            "finding": [plain(finding.message) for finding in findings],
            "to do": [finding.todo or "" for finding in findings],
        }
    )
