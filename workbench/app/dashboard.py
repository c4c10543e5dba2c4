"""The script that Streamlit runs for every page: navigation, nothing else.

The pages live in `screens`: a folder named `pages` would be found, and shown, by Streamlit itself.
Each is imported when it is first opened, so the first page is not kept waiting by the others.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

import streamlit as st

from workbench.app.serving import warm
from workbench.app.shown import plain
from workbench.errors import WorkbenchError

# A named icon would be fetched from another host.
ICON = str(Path(__file__).with_name("icon.png"))
NAME = str(Path(__file__).with_name("name.svg"))
st.set_page_config(page_title="workbench", page_icon=ICON, layout="wide")
st.logo(NAME, size="large")
st.html(Path(__file__).with_name("look.css"))


def show(screen: str) -> None:
    try:
        import_module(f"workbench.app.screens.{screen}").page()
    except WorkbenchError as error:
        # Another tab deleted the run meanwhile, or its entries cannot be read.
        st.error(plain(error), icon=":material/error:")


def screen(name: str) -> Callable[[], None]:
    return partial(show, name)


st.navigation(
    [
        st.Page(
            screen("live"),
            title="Live",
            icon=":material/graphic_eq:",
            url_path="live",
            default=True,
        ),
        st.Page(
            screen("compare"),
            title="Compare",
            icon=":material/stacked_line_chart:",
            url_path="compare",
        ),
        st.Page(screen("replay"), title="Replay", icon=":material/replay:", url_path="replay"),
        st.Page(screen("lab"), title="Resume lab", icon=":material/science:", url_path="lab"),
        st.Page(screen("runs"), title="Runs", icon=":material/list:", url_path="runs"),
        st.Page(
            screen("health"), title="Health", icon=":material/monitor_heart:", url_path="health"
        ),
    ],
    position="top",
).run()

warm()
