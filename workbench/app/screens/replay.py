"""Any run again: scrub, play at any pace, look at each entry, compare two."""

import difflib

import streamlit as st

from workbench.app.component import replay_view
from workbench.app.parts import facts, find_run
from workbench.app.serving import workbench
from workbench.app.shown import ago
from workbench.service import Run

__all__ = ["page"]

SHOWN = 100
DIFF_LINES = 400


def page() -> None:
    choices = {run.id: label(run) for run in workbench().runs(limit=SHOWN)}
    if not choices:
        st.title("Replay")
        st.info("There is no run to replay yet. Start one on the Live page.")
        return
    asked = st.query_params.get("run")
    if asked and asked not in choices and (run := find_run(asked)):
        choices[run.id] = label(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Run", list(choices), key="run", bind="query-params", format_func=choices.__getitem__
        )
        other = st.selectbox(
            "Compare with", [None, *choices], key="with", bind="query-params",
            format_func=lambda one: choices.get(one, "nothing"),
        )  # fmt: skip
    run = workbench().run(chosen)
    replay_view(run.id)
    facts(run)
    if other and other != chosen:
        differences(run, workbench().run(other))


def label(run: Run) -> str:
    request = run.info.request
    what = request.scenario or request.provider
    passed = ago(run.info.created_at, workbench().clock.now())
    return f"{what} · {request.transport} · {run.status} · {passed} · {run.id[-6:]}"


def differences(one: Run, other: Run) -> None:
    st.subheader("Differences")
    text, order = st.tabs(["Text", "Event sequence"])
    with text:
        diff(one.text.splitlines(), other.text.splitlines(), one, other)
    with order:
        diff(types(one), types(other), one, other)


def types(run: Run) -> list[str]:
    """The sequence of event types, runs of the same one folded into a line with a count."""
    lines: list[str] = []
    count = 0
    for entry in run.entries():
        kind = entry.event["type"]
        if lines and lines[-1].split(" × ")[0] == kind:
            count += 1
            lines[-1] = f"{kind} × {count}"
        else:
            lines.append(kind)
            count = 1
    return lines


def diff(left: list[str], right: list[str], one: Run, other: Run) -> None:
    if left == right:
        st.success("The same.", icon=":material/check:")
        return
    lines = list(difflib.unified_diff(left, right, one.id, other.id, lineterm="", n=2))
    st.code("\n".join(lines[:DIFF_LINES]), language="diff")
    if len(lines) > DIFF_LINES:
        st.caption(f"{len(lines) - DIFF_LINES:,} more lines.")
