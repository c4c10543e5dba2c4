"""Start a run, watch it, break it, and see that nothing was lost."""

import streamlit as st

from workbench.app.component import live_view
from workbench.app.parts import (
    breaking,
    facts,
    find_run,
    metric_cards,
    seam_report,
    simulator_expects,
)
from workbench.app.screens.live_form import Wish, form
from workbench.app.serving import workbench
from workbench.errors import WorkbenchError
from workbench.service import Run

__all__ = ["page"]


def page() -> None:
    beside, main = st.columns([1, 2.6], gap="large")
    with beside:
        wish = form(workbench().settings)
        if wish is not None:
            start(wish)
    with main:
        run = find_run(st.query_params.get("run"))
        if run is None:
            welcome()
        else:
            show(run)


def start(wish: Wish) -> None:
    """Starts a run and puts its id into the address, so that a reload or a link shows it."""
    try:
        run = workbench().start(wish.input, **wish.options)
    except WorkbenchError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.query_params["run"] = run.id
    st.rerun()


def welcome() -> None:
    st.title("Watch it generate. Break it. Lose nothing.")
    st.markdown(
        "A run goes on in the background and every event is numbered and stored before you see "
        "it. Start the one on the left, then cut the wire in the middle of a word, reload this "
        "page, or kill the process: every reader continues from the event where it stopped."
    )
    st.caption("No key and no network are needed: the built-in simulator answers.")


def show(run: Run) -> None:
    if not run.info.is_ended:
        breaking(run)
    result = live_view(run.id, expected=simulator_expects(run))
    obey(run, result.event)
    facts(run)
    if run.info.is_ended:
        metric_cards(run)
        seam_report(run)
    else:
        measuring(run.id)


def obey(run: Run, wish: dict[str, str] | None) -> None:
    """What the view asks for: Esc stops, J and K go to the neighbours."""
    match (wish or {}).get("name"):
        case "stop":
            run.cancel()
        case "next" | "previous" as where:
            neighbour(run, older=where == "next")


def neighbour(run: Run, *, older: bool) -> None:
    runs = workbench().runs(limit=200)
    ids = [one.id for one in runs]
    here = ids.index(run.id) if run.id in ids else 0
    there = here + (1 if older else -1)
    if 0 <= there < len(ids):
        st.query_params["run"] = ids[there]
        st.rerun()


@st.fragment(run_every="1s")
def measuring(run_id: str) -> None:
    """Metrics as they become known; the page is drawn anew once the run has ended."""
    run = workbench().run(run_id)
    if run.info.is_ended:
        st.rerun()
    metric_cards(run)
