"""Start a run, watch it, break it, and see that nothing was lost."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import streamlit as st

from workbench.app.breaking import breaking
from workbench.app.component import live_view
from workbench.app.measured import metric_cards, seam_report, verdict
from workbench.app.parts import (
    asked_run,
    facts,
    find_run,
    go_to_neighbour,
    scenario_title,
)
from workbench.app.screens.live_form import Wish, form
from workbench.app.serving import workbench
from workbench.app.shown import plain
from workbench.errors import WorkbenchError
from workbench.service import Run

__all__ = ["page"]

PARTS = Path(__file__).parents[1]
PICTURE = "A connection is cut, a second one resumes it, and the text has no gap."


def page() -> None:
    # The run first: where a window is narrow, what stands beside comes below.
    with st.container(key="live"):
        main, beside = st.columns([2.4, 1], gap="large")
    with beside:
        wish = form(workbench().settings)
        if wish is not None:
            start(wish)
    with main:
        run = find_run(asked_run())
        if run is None:
            welcome()
        else:
            show(run)


def start(wish: Wish) -> None:
    """Starts a run and puts its id into the address, so that a reload or a link shows it."""
    try:
        run = workbench().start(wish.input, **wish.options)
    except WorkbenchError as error:
        st.error(plain(error), icon=":material/error:")
        return
    st.query_params["run"] = run.id
    st.rerun()


def welcome() -> None:
    st.title("Watch it generate. Break it. Lose nothing.")
    st.markdown(
        "A run goes on in the background, and every event is numbered and stored before you see "
        "it: every reader continues from the event where it stopped."
    )
    # As an image of its own, because inline drawings are not let through.
    picture = b64encode((PARTS / "welcome.svg").read_bytes()).decode()
    st.html(
        f'<img class="welcome-picture" alt="{PICTURE}" src="data:image/svg+xml;base64,{picture}">'
        + (PARTS / "welcome.html").read_text(encoding="utf-8")
    )


def show(run: Run) -> None:
    is_ended = run.is_ended
    if reason := run.unlogged:
        st.warning(
            f"This run is kept in memory only and ends with the dashboard: {plain(reason)}",
            icon=":material/warning:",
        )
    # Where the buttons were stands what came of them, so nothing moves when a run ends.
    if is_ended:
        verdict(run)
    else:
        breaking(run)
    result = live_view(run.id, expected=run.expected, label=scenario_title(run))
    obey(run, result.event)
    facts(run, links=True)
    if is_ended:
        metric_cards(run)
        seam_report(run)
    else:
        measuring(run.id)


def obey(run: Run, wish: dict[str, Any] | None) -> None:
    """What the view asks for: Esc stops, J and K go to the neighbours."""
    match (wish or {}).get("name"):
        case "stop":
            run.cancel()
        case "next" | "previous" as where:
            go_to_neighbour(run, older=where == "next")


@st.fragment(run_every="2s")
def measuring(run_id: str) -> None:
    """Metrics as they become known; the page is drawn anew once the run has ended."""
    run = workbench().run(run_id)
    if run.is_ended:
        st.rerun()
    metric_cards(run)
