"""Any run again: scrub, play at any pace, look at each entry, compare two."""

from typing import Any

import streamlit as st

from workbench.app.component import replay_view
from workbench.app.differing import differences
from workbench.app.parts import asked_run, facts, find_run, go_to_neighbour, scenario_title
from workbench.app.serving import workbench
from workbench.app.shown import ago
from workbench.service import Run

__all__ = ["page"]

SHOWN = 100


def page() -> None:
    choices = {run.id: label(run) for run in workbench().runs(limit=SHOWN)}
    if not choices:
        st.title("Replay")
        st.markdown("There is no run to replay yet. Start one on the Live page.")
        return
    asked, other = asked_run(), st.query_params.get("with")
    for each in (asked, other):
        if each and each not in choices and (found := find_run(each)):
            choices[found.id] = label(found)
    # The address decides; the boxes follow it.
    st.session_state["replay_run"] = asked if asked in choices else next(iter(choices))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Run", list(choices), key="replay_run", on_change=choose,
            format_func=choices.__getitem__,
        )  # fmt: skip
        others = [each for each in choices if each != chosen]
        st.session_state["replay_other"] = other if other in others else ""
        other = st.selectbox(
            "Compare with", ["", *others], key="replay_other", on_change=choose_other,
            format_func=lambda one: choices.get(one, "nothing"),
        )  # fmt: skip
    st.session_state["last_run"] = chosen
    run = workbench().run(chosen)
    result = replay_view(
        run.id, position=number("at"), speed=speed_asked(), selection=loop_asked(),
        label=scenario_title(run),
    )  # fmt: skip
    remember(run, result)
    facts(run)
    if other:
        differences(run, workbench().run(other))


def choose() -> None:
    st.query_params["run"] = st.session_state["replay_run"]
    for name in ("at", "loop"):
        st.query_params.pop(name, None)


def choose_other() -> None:
    other = st.session_state["replay_other"]
    if other:
        st.query_params["with"] = other
    else:
        st.query_params.pop("with", None)


def label(run: Run) -> str:
    info, request = run.info, run.info.request
    what = request.scenario or request.provider
    passed = ago(info.created_at, workbench().clock.now())
    return f"{what} · {request.transport} · {info.status} · {passed} · {info.id[-6:]}"


def number(name: str) -> int | None:
    text = st.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def speed_asked() -> float | None:
    try:
        return float(st.query_params["speed"])
    except (KeyError, ValueError):
        return None


def loop_asked() -> list[int] | None:
    parts = st.query_params.get("loop", "").split("-")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return [int(part) for part in parts]


def remember(run: Run, result: Any) -> None:
    """Where the reader stands goes into the address, so that a link leads to the same entry."""
    if result.position is not None and result.position != number("at"):
        st.query_params["at"] = str(int(result.position))
    match result.event:
        case {"name": "next" | "previous" as where}:
            go_to_neighbour(run, older=where == "next")
        case {"name": "speed", "speed": speed}:
            st.query_params["speed"] = f"{speed:g}"
        case {"name": "selection", "selection": [first, last]}:
            st.query_params["loop"] = f"{first}-{last}"
        case {"name": "selection"}:
            st.query_params.pop("loop", None)
