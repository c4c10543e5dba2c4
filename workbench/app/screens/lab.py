"""The resume lab: rehearse failures, and look at any cell that says something else than pass."""

from typing import Any

import streamlit as st

from workbench.app.background import Work, begin, find
from workbench.app.component import lab_grid
from workbench.app.keep import keep
from workbench.app.parts import find_kept, run_link
from workbench.app.serving import workbench
from workbench.app.shown import plain, seconds_text
from workbench.errors import InvalidSetting
from workbench.events import TRANSPORTS
from workbench.lab.cells import FAULTS, READINGS, Reading
from workbench.lab.lab import cells_of
from workbench.lab.report import CellResult
from workbench.log.ids import new_run_id
from workbench.simulator.scenario import load_all
from workbench.views.labgrid import grid

__all__ = ["page"]

FIRST_FAULTS = ("none", "cut@event:10", "reset@event:12", "stall@event:10", "cut@event:10;expire")
READING_WORDS: dict[Reading, tuple[str, str, str]] = {
    "fresh": ("Fresh run", ":material/play_arrow:", "Read from the first event to the last."),
    "refresh": (
        "Reload after four summaries",
        ":material/refresh:",
        "The page is loaded again in the middle; no summary may appear twice.",
    ),
    "offline": (
        "Offline for 5 s",
        ":material/wifi_off:",
        "The connection of the reader is gone for five seconds.",
    ),
    "two-tabs": ("Two tabs", ":material/tab:", "Two readers follow one run and must agree."),
}
# Long enough to be reloaded after four summaries.
LONG = "planner"
CLAIMS = {
    "terminal": "It ended once, and nothing came after",
    "in time": "It ended within its time",
    "once": "Every event arrived exactly once",
    "in order": "Every event arrived in order",
    "true": "Every event is one that the provider sent",
    "text": "The text is what the provider stores",
    "status": "It ended as the provider says",
    "met": "The fault did strike",
    "paid once": "The response was asked and paid for once",
    "read once": "Its readers read everything once",
}
SIGNS = {
    True: ":green[:material/check:]",
    False: ":red[:material/close:]",
    None: ":gray[:material/help:]",
}
VERDICTS = {"pass": ":material/check:", "fail": ":material/close:", "unknown": ":material/help:"}


def page() -> None:
    work = find(st.query_params.get("work"))
    is_busy = work is not None and not work.ended.is_set()
    result = None if is_busy else finished(work)
    if not is_busy and result is None:
        st.title("Does resume really work?")
    four_readings(disabled=is_busy)
    chosen = choose(disabled=is_busy)
    if work is not None and is_busy:
        under_way(work.name)
    elif result is not None:
        report(result)
    else:
        st.markdown(
            "Every cell is a real run over a real socket, broken in its own way, then compared "
            "with what the provider knows: exactly once, in order, the same text, one payment."
        )
        if count_of(chosen):
            lab_grid(grid([cell.to_dict() for cell in cells_of(**chosen)]), key="lab-planned")


def four_readings(*, disabled: bool) -> None:
    """The four scenarios that everybody tries first."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**A reader's day**")
        for reading, (label, icon, help_text) in READING_WORDS.items():
            if st.button(label, icon=icon, help=help_text, disabled=disabled):
                run(reading_of([reading]))
        if st.button("All four", disabled=disabled):
            run(reading_of(list(READINGS)))


def reading_of(readings: list[Reading]) -> dict[str, Any]:
    return {
        "scenarios": [LONG],
        "faults": ["none"],
        "transports": ["background"],
        "readings": readings,
    }


def choose(*, disabled: bool) -> dict[str, Any]:
    """The matrix: what happens to the wire, over which transport."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        whole = st.toggle("Everything", key="everything", bind="query-params")
        scenarios = st.multiselect(
            "Scenarios", sorted(load_all()), ["short"], key="scenarios", bind="query-params",
            disabled=whole, width=300,
        )  # fmt: skip
        transports = st.segmented_control(
            "Transports", TRANSPORTS, selection_mode="multi", default=["background", "stream"],
            key="transports", bind="query-params", disabled=whole,
        )  # fmt: skip
        start = st.container(width="content")  # filled last, when it is known what it starts
    faults = st.multiselect(
        "Faults", FAULTS, list(FIRST_FAULTS), key="faults", bind="query-params", disabled=whole,
    )  # fmt: skip
    chosen: dict[str, Any] = {
        "scenarios": None if whole else scenarios,
        "faults": None if whole else faults,
        "transports": None if whole else transports,
        "readings": None if whole else ["fresh"],
    }
    count = count_of(chosen)
    with start:
        if st.button(
            f"Run {count:,} cells", type="primary", icon=":material/science:",
            disabled=disabled or not count,
        ):  # fmt: skip
            run(chosen)
    return chosen


def count_of(chosen: dict[str, Any]) -> int:
    """How many cells a choice spans; nothing chosen spans none."""
    if any(names == [] for names in chosen.values()):
        return 0
    try:
        return len(cells_of(**chosen))
    except InvalidSetting:
        return 0


def run(chosen: dict[str, Any]) -> None:
    def task(work: Work) -> str:
        report = workbench().lab(
            **chosen, keep=True, progress=work.progress, on_result=work.partial.append
        )
        return keep("labs", report.to_dict())

    planned = [cell.to_dict() for cell in cells_of(**chosen)]
    st.query_params["work"] = begin(new_run_id(workbench().clock), task, planned).name
    for name in ("result", "cell"):
        st.query_params.pop(name, None)
    st.rerun()


def finished(work: Work | None) -> dict[str, Any] | None:
    """What the address asks for, or what has just been finished."""
    st.query_params.pop("work", None)
    if work is not None:
        if work.error:
            st.error(plain(work.error))
            return None
        st.query_params["result"] = work.result
    return find_kept("labs")


@st.fragment(run_every="1s")
def under_way(name: str) -> None:
    work = find(name)
    if work is None or work.ended.is_set():
        st.rerun()
    results: list[CellResult] = list(work.partial)
    drawn = grid(work.planned, [result.to_dict() for result in results])
    lab_grid(drawn, key=f"lab-{name}", summary=True)
    st.caption(f"Last: {plain(work.word)}" if work.word else "The first cells are running.")


def report(result: dict[str, Any]) -> None:
    counts = result["counts"]
    words = [f"{counts[verdict]} {word}" for verdict, word in
             (("pass", "passed"), ("fail", "failed"), ("unknown", "undecided"))
             if counts[verdict] or verdict == "pass"]  # fmt: skip
    say = st.success if result["ok"] else st.warning
    icon = ":material/verified:" if result["ok"] else ":material/rule:"
    say(f"{', '.join(words)} in {seconds_text(result['seconds'])}.", icon=icon)
    match lab_grid(result["grid"], key=f"lab-{st.query_params['result']}").event:
        case {"name": "cell", "row": row, "column": column}:
            st.query_params["cell"] = f"{row}-{column}"
    if (found := cell_of(result, st.query_params.get("cell", ""))) is not None:
        cell(found)
    else:
        st.caption("Choose a cell to see its run and the command that repeats it.")


def cell_of(result: dict[str, Any], place: str) -> dict[str, Any] | None:
    """The result that stands at a place such as 3-1 of the grid."""
    drawn = result["grid"]
    for found in result["results"]:
        alone = grid([found])
        row = drawn["rows"].index(alone["rows"][0])
        column = drawn["columns"].index(alone["columns"][0])
        if place == f"{row}-{column}":
            return dict(found)
    return None


def cell(found: dict[str, Any]) -> None:
    """One cell: what held, what did not, its run and the command that repeats it."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"{VERDICTS[found['verdict']]} "
                f"**{plain(found['scenario'])} · {found['transport']}** · "
                f"{plain(found['faults'])} · "
                f"{READING_WORDS[found['reading']][0]} · {seconds_text(found['seconds'])}"
            )
            if found["run"]:
                run_link(found["run"], "Open its run")
        st.code(found["command"], language="bash")
        st.markdown("  \n".join(held(check) for check in found["checks"]))


def held(check: dict[str, Any]) -> str:
    """One claim as a sentence, with the reason where it does not hold."""
    said = CLAIMS.get(check["name"], check["name"])
    why = f": {plain(check['reason'])}" if check["reason"] else ""
    return f"{SIGNS[check['holds']]} {said}{why}"
