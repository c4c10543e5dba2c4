"""The dashboard: `streamlit run streamlit_app.py`.

Streamlit finds the app by reading this file's syntax tree, so the call below stays literal.
"""

import streamlit as st

from workbench.app import serving

app = st.App(serving.SCRIPT, **serving.parts())
