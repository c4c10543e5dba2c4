"""Pieces that several pages are made of."""

import streamlit as st

from workbench.app.serving import workbench
from workbench.app.shown import DASH, bytes_text, metric_text, seconds_text
from workbench.errors import UnknownRun, WorkbenchError
from workbench.metrics import METRICS, Metrics
from workbench.metrics.seams import SeamReport
from workbench.service import Run
from workbench.simulator.scenario import load_all

__all__ = [
    "breaking",
    "facts",
    "find_run",
    "metric_cards",
    "run_link",
    "seam_report",
    "simulator_expects",
]

# What stands beside a run; every other metric is under "All metrics".
FIRST = {
    "first_sign_s": "First sign",
    "first_summary_s": "First summary",
    "first_tool_argument_s": "First tool",
    "first_text_s": "First text",
    "done_s": "Done",
}
THEN = {
    "gap_p50_s": "Median gap",
    "gap_p99_s": "Gap p99",
    "characters_per_s": "Characters",
    "outage_s": "Outage",
    "recovery_s": "Recovery",
}

BREAKS = {
    "cut": (
        "Cut the wire",
        ":material/content_cut:",
        "Closes the connection, mid-word if need be.",
    ),
    "stall": ("Stall", ":material/pause_circle:", "The connection stays open and says nothing."),
    "expire": (
        "Expire the cursor",
        ":material/history_toggle_off:",
        "The provider stops streaming this response: it can only be polled.",
    ),
    "kill": (
        "Kill the runner",
        ":material/dangerous:",
        "The runner vanishes with its lease; another one takes the run over.",
    ),
    "offline 5s": (
        "Go offline 5 s",
        ":material/wifi_off:",
        "Nothing gets through for five seconds.",
    ),
}


def find_run(run_id: str | None) -> Run | None:
    """The run of an address; an unknown one is said, not raised."""
    if not run_id:
        return None
    try:
        run = workbench().run(run_id)
    except UnknownRun as error:
        st.warning(str(error), icon=":material/search_off:")
        return None
    return run


def simulator_expects(run: Run) -> int | None:
    """How many events the scenario has, where one was asked for."""
    scenario = load_all().get(run.info.request.scenario or "")
    return scenario.expected_events if scenario else None


def breaking(run: Run) -> None:
    """Buttons that break things now. Each is a real fault on the real connection."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for fault, (label, icon, help_text) in BREAKS.items():
            if st.button(label, icon=icon, help=help_text, key=f"break-{fault}", type="tertiary"):
                break_now(run, fault, label, icon)
        st.space("stretch")
        st.link_button(
            "Second tab", f"live?run={run.id}", icon=":material/open_in_new:", type="tertiary"
        )
        if st.button("Stop", icon=":material/stop_circle:", key="stop", help="Esc in the view"):
            run.cancel()


def break_now(run: Run, fault: str, label: str, icon: str) -> None:
    try:
        if fault == "kill":
            workbench().replace_runner()
        else:
            run.disturb(fault)
    except WorkbenchError as error:
        st.toast(str(error), icon=":material/info:")
    else:
        st.toast(f"{label}: watch the seam.", icon=icon)


def facts(run: Run) -> None:
    """One quiet line: where this run lives and what it was asked for."""
    request = run.info.request
    words = [
        f"`{run.id}`",
        request.provider if request.scenario is None else f"simulator · {request.scenario}",
        request.transport,
        *([request.model] if request.model else []),
        *([f"faults `{request.faults}`"] if request.faults else []),
    ]
    st.caption("  ·  ".join(words))


def metric_cards(run: Run) -> None:
    """The clocks of a run, each with its formula on hover."""
    metrics = run.metrics()
    for names in (FIRST, THEN):
        for column, (name, label) in zip(st.columns(len(names)), names.items(), strict=True):
            with column:
                card(metrics, name, label)
    with st.expander("All metrics and their formulas", icon=":material/functions:"):
        st.table(
            {
                "metric": [METRICS[name].title for name in metrics],
                "value": [value_text(metrics, name) for name in metrics],
                "formula": [METRICS[name].formula for name in metrics],
                "excludes": [METRICS[name].excludes for name in metrics],
            }
        )


def card(metrics: Metrics, name: str, label: str) -> None:
    declared = METRICS[name]
    lines = [f"**{declared.title}.** {declared.formula}", f"Left out: {declared.excludes}."]
    if declared.null:
        lines.append(f"A dash: {declared.null}.")
    st.metric(label, value_text(metrics, name), help="\n\n".join(lines))


def value_text(metrics: Metrics, name: str) -> str:
    text = metric_text(metrics[name], METRICS[name].unit)
    return f"{text} *" if name in metrics.few else text


def seam_report(run: Run) -> None:
    """The proof: what happened at each seam, and whether anything was lost."""
    report = run.seams()
    st.subheader("Seam report")
    say = {True: st.success, False: st.error, None: st.info}[report.holds]
    icon = {True: "verified", False: "error", None: "help"}[report.holds]
    say(report.sentence, icon=f":material/{icon}:")
    summary(report)
    if len(report.attempts) > 1:
        attempts_table(report)


def summary(report: SeamReport) -> None:
    words = {
        "Attempts": str(len(report.attempts)),
        "Outage": seconds_text(report.outage_s),
        "Duplicates dropped": f"{report.duplicates:,}",
        "Received twice": bytes_text(report.bytes_twice),
        "Gaps": f"{len(report.gaps)}",
        "Characters filled": f"{report.filled_characters:,}",
    }
    for column, (label, text) in zip(st.columns(len(words)), words.items(), strict=True):
        column.metric(label, text)


def attempts_table(report: SeamReport) -> None:
    st.table(
        {
            "attempt": [str(one.attempt) for one in report.attempts],
            "how": [one.mode for one in report.attempts],
            "after": [number(one.starting_after) for one in report.attempts],
            "cursors": [
                f"{number(o.first_cursor)} – {number(o.last_cursor)}" for o in report.attempts
            ],
            "events": [f"{one.events:,}" for one in report.attempts],
            "ended by": [one.cause or one.outcome for one in report.attempts],
            "first new event": [
                seconds_text(since(one.started_s, one.first_event_s)) for one in report.attempts
            ],
        }
    )


def since(start: float | None, then: float | None) -> float | None:
    return None if start is None or then is None else then - start


def number(value: int | None) -> str:
    return DASH if value is None else f"{value:,}"


def run_link(run_id: str, label: str = "Open") -> None:
    st.link_button(label, f"live?run={run_id}", icon=":material/open_in_new:", type="tertiary")
