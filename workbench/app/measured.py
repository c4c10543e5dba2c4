"""What was measured of a run, and the proof that nothing of it was lost."""

from collections.abc import Mapping

import streamlit as st

from workbench.app.shown import DASH, bytes_text, metric_text, plain, seconds_text
from workbench.metrics import METRICS, Metrics
from workbench.metrics.seams import SeamReport
from workbench.service import Run

__all__ = ["card_row", "metric_cards", "seam_report", "verdict"]

# What stands beside a run; every other metric is under "All metrics".
FIRST = {
    "first_sign_s": "First sign",
    "first_summary_s": "First summary",
    "first_tool_argument_s": "First tool",
    "first_text_s": "First text",
    "done_s": "Done",
    "gap_p50_s": "Median gap",
    "gap_p99_s": "Gap p99",
    "characters_per_s": "Characters",
    "outage_s": "Outage",
    "recovery_s": "Recovery",
}
CARD_WIDTH = 140
NARROW_CARD_WIDTH = 122


def metric_cards(run: Run) -> None:
    """The clocks of a run, each with its formula on hover."""
    metrics = run.metrics()
    with st.container(horizontal=True, gap="medium"):
        for name, label in FIRST.items():
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
    if name in metrics.few:
        lines.append("A star: too few samples to be trusted.")
    st.metric(label, value_text(metrics, name), help="\n\n".join(lines), width=CARD_WIDTH)


def value_text(metrics: Metrics, name: str) -> str:
    text = metric_text(metrics[name], METRICS[name].unit)
    return f"{text}\u00a0*" if name in metrics.few else text


def verdict(run: Run) -> None:
    """Whether anything was lost, in one sentence."""
    report = run.seams()
    say = {True: st.success, False: st.error, None: st.info}[report.holds]
    icon = {True: "verified", False: "error", None: "help"}[report.holds]
    say(plain(report.sentence), icon=f":material/{icon}:")


def seam_report(run: Run) -> None:
    """The proof: what happened at each seam."""
    report = run.seams()
    st.subheader("Seam report")
    summary(report)
    if len(report.attempts) > 1:
        attempts_table(report)


def summary(report: SeamReport) -> None:
    words = {
        "Attempts": str(len(report.attempts)),
        "Duplicates": f"{report.duplicates:,}",
        "Sent twice": bytes_text(report.bytes_twice),
        "Gaps": f"{len(report.gaps)}",
        "Filled in": f"{report.filled_characters:,}",
    }
    help_texts = {
        "Duplicates": "Events that came again after a resume and were dropped.",
        "Sent twice": "Bytes that a resume sent once more.",
        "Filled in": "Characters that were never streamed: taken from the provider's final object.",
    }
    card_row(words, help_texts)


def card_row(words: Mapping[str, str], help_texts: Mapping[str, str] | None = None) -> None:
    """Numbers in a row, which becomes several where the window is narrow."""
    with st.container(horizontal=True, gap="medium"):
        for label, text in words.items():
            st.metric(label, text, help=(help_texts or {}).get(label), width=NARROW_CARD_WIDTH)


def attempts_table(report: SeamReport) -> None:
    st.table(
        {
            "attempt": [str(one.attempt) for one in report.attempts],
            "how": [plain(one.mode) for one in report.attempts],
            "after": [number(one.starting_after) for one in report.attempts],
            "cursors": [span(one.first_cursor, one.last_cursor) for one in report.attempts],
            "events": [f"{one.events:,}" for one in report.attempts],
            "ended by": [plain(one.cause or one.outcome) for one in report.attempts],
            "first new event": [
                seconds_text(since(one.started_s, one.first_event_s)) for one in report.attempts
            ],
        }
    )


def since(start: float | None, then: float | None) -> float | None:
    return None if start is None or then is None else then - start


def span(first: int | None, last: int | None) -> str:
    """A dash where an attempt brought nothing."""
    return DASH if first is None else f"{number(first)} – {number(last)}"


def number(value: int | None) -> str:
    return DASH if value is None else f"{value:,}"
