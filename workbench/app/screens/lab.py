"""The resume lab: rehearse failures, and look at any cell that says something else than pass."""

from typing import Any

import streamlit as st

from workbench.app.background import Work, begin, find
from workbench.app.component import lab_grid
from workbench.app.keep import keep, kept
from workbench.app.parts import run_link
from workbench.app.serving import workbench
from workbench.app.shown import seconds_text
from workbench.events import TRANSPORTS
from workbench.lab.cells import FAULTS, READINGS
from workbench.lab.lab import cells_of
from workbench.lab.report import CellResult
from workbench.log.ids import new_run_id
from workbench.simulator.scenario import load_all
from workbench.views.labgrid import grid

__all__ = ["page"]

FIRST_FAULTS = ("none", "cut@event:10", "reset@event:12", "stall@event:10", "cut@event:10;expire")
READING_WORDS = {
    "fresh": "Fresh run",
    "refresh": "Reload after four summaries",
    "offline": "Offline for 5 s",
    "two-tabs": "Two tabs",
}


def page() -> None:
    chosen = controls()
    work = find(st.query_params.get("work"))
    if work is not None and not work.ended.is_set():
        under_way(work.name)
        return
    if work is not None:
        finish(work)
    result = kept("labs", st.query_params.get("result"))
    if result is None:
        st.title("Does resume really work?")
        st.markdown(
            f"Every cell is a real run over a real socket, broken in its own way, then compared "
            f"with what the provider knows: exactly once, in order, the same text, one payment. "
            f"This choice has **{len(cells_of(**chosen)):,} cells**."
        )
    else:
        report(result)


def controls() -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        whole = st.toggle("Everything", key="everything", bind="query-params")
        if not whole:
            scenarios = st.multiselect(
                "Scenarios", sorted(load_all()), ["short"], key="lab_scenarios"
            )
            faults = st.multiselect("Faults", FAULTS, list(FIRST_FAULTS), key="lab_faults")
            transports = st.pills(
                "Transports", TRANSPORTS, selection_mode="multi", default=["background", "stream"],
                key="lab_transports",
            )  # fmt: skip
            readings = st.multiselect(
                "Readers", READINGS, ["fresh"], key="lab_readings",
                format_func=READING_WORDS.__getitem__,
            )  # fmt: skip
            chosen: dict[str, Any] = {
                "scenarios": scenarios or ["short"],
                "faults": faults or ["none"],
                "transports": transports or ["background"],
                "readings": readings or ["fresh"],
            }
        else:
            chosen = dict.fromkeys(("scenarios", "faults", "transports", "readings"))
        if st.button("Run the lab", type="primary", icon=":material/science:"):
            run(chosen)
    return chosen


def run(chosen: dict[str, Any]) -> None:
    def task(work: Work) -> str:
        report = workbench().lab(
            **chosen, keep=True, progress=work.progress, on_result=work.partial.append
        )
        return keep("labs", report.to_dict())

    work = begin(new_run_id(workbench().clock), task)
    work.result = [cell.to_dict() for cell in cells_of(**chosen)]
    st.query_params["work"] = work.name
    st.query_params.pop("result", None)
    st.rerun()


def finish(work: Work) -> None:
    st.query_params.pop("work", None)
    if work.error:
        st.error(work.error)
    else:
        st.query_params["result"] = work.result


@st.fragment(run_every="1s")
def under_way(name: str) -> None:
    work = find(name)
    if work is None or work.ended.is_set():
        st.rerun()
    st.progress(work.done / max(work.total, 1), text=f"{work.done} of {work.total} · {work.word}")
    results: list[CellResult] = list(work.partial)
    lab_grid(grid(work.result, [result.to_dict() for result in results]), key=f"lab-{name}")


def report(result: dict[str, Any]) -> None:
    counts = result["counts"]
    words = f"{counts['pass']} passed, {counts['fail']} failed, {counts['unknown']} unknown"
    say = st.success if result["ok"] else st.warning
    icon = ":material/verified:" if result["ok"] else ":material/rule:"
    say(f"{words} in {seconds_text(result['seconds'])}.", icon=icon)
    picked = lab_grid(result["grid"], key=f"lab-{st.query_params['result']}").event
    if picked and picked.get("name") == "cell":
        st.session_state["lab_cell"] = (picked["row"], picked["column"])
    if (place := st.session_state.get("lab_cell")) is not None:
        cell(result, place)


def cell(result: dict[str, Any], place: tuple[int, int]) -> None:
    """One cell: what held, what did not, its run and the command that repeats it."""
    drawn = result["grid"]
    named = (drawn["rows"][place[0]], drawn["columns"][place[1]])
    for found in result["results"]:
        if grid([found])["rows"] == [named[0]] and grid([found])["columns"] == [named[1]]:
            with st.container(border=True):
                st.markdown(f"**{named[0]}** · {named[1]} · {found['verdict']}")
                st.table(
                    {c["name"]: [sign(c["holds"]), c["reason"] or ""] for c in found["checks"]}
                )
                st.code(found["command"], language="bash")
                if found["run"]:
                    run_link(found["run"], "Open its run")


def sign(holds: bool | None) -> str:
    return {True: "holds", False: "broken", None: "unknown"}[holds]
