"""The same prompt over several transports at once: what streaming saves."""

from collections.abc import Sequence
from typing import Any

import orjson
import streamlit as st

from workbench.app.background import Work, begin, find
from workbench.app.component import compare_view
from workbench.app.keep import keep, kept
from workbench.app.parts import find_run
from workbench.app.serving import workbench
from workbench.app.shown import DASH, metric_text
from workbench.errors import WorkbenchError
from workbench.events import TRANSPORTS, Transport
from workbench.lab.comparison import COLUMNS
from workbench.log.ids import new_run_id
from workbench.metrics import METRICS
from workbench.simulator.scenario import load_all
from workbench.views.comparison import seconds_text

__all__ = ["page"]

PROMPT = "Explain what a cursor is, and why a stream needs one."
SPEEDS = (0.5, 1.0, 2.0, 5.0, 20.0)
MOST_REPEATS = 20


def page() -> None:
    controls()
    runs = [run for one in lanes_asked() if (run := find_run(one)) is not None]
    if not runs:
        st.title("What does streaming save?")
        st.markdown(
            "One prompt, four ways to ask for it, at the same time. Watch when each shows its "
            "first words, and when somebody who reads along would be done."
        )
    else:
        lanes = [{"run": run.id, "label": run.info.request.transport} for run in runs]
        compare_view(lanes, key="compare-" + "-".join(lane["run"][-6:] for lane in lanes))
    measured()


def controls() -> None:
    scenarios = load_all()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        scenario = st.selectbox(
            "Scenario", sorted(scenarios, key=lambda name: name != "planner"), key="scenario",
            bind="query-params", format_func=lambda name: scenarios[name].title, width=240,
        )  # fmt: skip
        transports = st.pills(
            "Transports", TRANSPORTS, selection_mode="multi", default=list(TRANSPORTS),
            key="transports",
        )  # fmt: skip
        speed = st.select_slider(
            "Speed", SPEEDS, value=5.0, key="compare_speed", width=180,
            format_func=lambda speed: f"{speed:g}×",
        )  # fmt: skip
        options = {"scenario": scenario, "speed": speed, "provider": "simulator"}
        if st.button(
            "Run them side by side", type="primary", icon=":material/play_arrow:",
            disabled=not transports,
        ):  # fmt: skip
            side_by_side(options, transports)
        repeat = st.number_input("Repeats", 1, MOST_REPEATS, 3, key="repeat", width=110)
        if st.button(
            "Measure", icon=":material/timer:", disabled=not transports,
            help="Runs follow one another in shuffled rounds, after a warm-up: slower, and fair.",
        ):  # fmt: skip
            measure(options, transports, int(repeat))


def lanes_asked() -> list[str]:
    return [one for one in st.query_params.get("runs", "").split(",") if one][: len(TRANSPORTS) * 2]


def side_by_side(options: dict[str, Any], transports: Sequence[Transport]) -> None:
    """All at once, for the eye; the lanes disturb each other a little, so it measures nothing."""
    try:
        runs = [workbench().start(PROMPT, transport=each, **options) for each in transports]
    except WorkbenchError as error:
        st.error(str(error))
        return
    st.query_params["runs"] = ",".join(run.id for run in runs)
    st.rerun()


def measure(options: dict[str, Any], transports: Sequence[Transport], repeat: int) -> None:
    def task(work: Work) -> str:
        result = workbench().compare(
            PROMPT, transports=list(transports), repeat=repeat, progress=work.progress, **options
        )
        return keep("comparisons", result.to_dict())

    st.query_params["work"] = begin(new_run_id(workbench().clock), task).name
    st.query_params.pop("result", None)


def measured() -> None:
    work = find(st.query_params.get("work"))
    if work is not None and not work.ended.is_set():
        under_way(work.name)
        return
    if work is not None:
        st.query_params.pop("work", None)
        if work.error:
            st.error(work.error)
            return
        st.query_params["result"] = work.result
    if (result := kept("comparisons", st.query_params.get("result"))) is not None:
        table(result)


@st.fragment(run_every="1s")
def under_way(name: str) -> None:
    work = find(name)
    if work is None or work.ended.is_set():
        st.rerun()
    st.progress(work.done / max(work.total, 1), text=f"{work.done} of {work.total} · {work.word}")


def table(result: dict[str, Any]) -> None:
    st.subheader("Measured")
    st.markdown(headline(result))
    st.dataframe(
        [row(lane) for lane in result["lanes"]],
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
    st.download_button(
        "Export as JSON", orjson.dumps(result, option=orjson.OPT_INDENT_2), "comparison.json",
        "application/json", on_click="ignore", icon=":material/download:", type="tertiary",
    )  # fmt: skip


def row(lane: dict[str, Any]) -> dict[str, str]:
    reader = lane["reader"] or {}
    return {
        "transport": lane["label"],
        **{METRICS[name].title: median(lane, name) for name in COLUMNS},
        "Reader done": seconds_text(reader["ends_s"]) if reader else DASH,
        "Resumable": "yes" if lane["resumable"] else "no",
        "Completed": str(lane["completed"]),
        "Failed": ", ".join(f"{n} × {why}" for why, n in lane["failures"].items()) or "0",
    }


def median(lane: dict[str, Any], name: str) -> str:
    spread = lane["metrics"][name]
    return metric_text(spread["median"], METRICS[name].unit) if spread else DASH


def headline(result: dict[str, Any]) -> str:
    """The one sentence that a visitor takes away."""
    ends = {lane["label"]: lane["reader"]["ends_s"] for lane in result["lanes"] if lane["reader"]}
    if len(ends) < 2:
        return ""
    soonest, latest = min(ends, key=ends.__getitem__), max(ends, key=ends.__getitem__)
    saved = ends[latest] - ends[soonest]
    return (
        f"A reader of **{soonest}** is done after {seconds_text(ends[soonest])}, "
        f"**{seconds_text(saved)} sooner** than one of **{latest}**."
    )
