"""The script that Streamlit runs for every page: navigation, nothing else.

The pages live in `screens`: a folder named `pages` would be found, and shown, by Streamlit itself.
"""

from pathlib import Path

import streamlit as st

from workbench.app.screens import compare, health, lab, live, replay, runs
from workbench.app.serving import warm

# A named icon would be fetched from another host.
ICON = str(Path(__file__).with_name("icon.png"))
st.set_page_config(page_title="workbench", page_icon=ICON, layout="wide")

st.navigation(
    [
        st.Page(
            live.page, title="Live", icon=":material/graphic_eq:", url_path="live", default=True
        ),
        st.Page(
            compare.page, title="Compare", icon=":material/stacked_line_chart:", url_path="compare"
        ),
        st.Page(replay.page, title="Replay", icon=":material/replay:", url_path="replay"),
        st.Page(lab.page, title="Resume lab", icon=":material/science:", url_path="lab"),
        st.Page(runs.page, title="Runs", icon=":material/list:", url_path="runs"),
        st.Page(health.page, title="Health", icon=":material/monitor_heart:", url_path="health"),
    ],
    position="top",
).run()

warm()
