"""Buttons that break things now. Each is a real fault on the real connection."""

from dataclasses import dataclass

import streamlit as st

from workbench.app.serving import workbench
from workbench.app.shown import plain
from workbench.errors import WorkbenchError
from workbench.service import Run

__all__ = ["BREAKS", "breaking"]

# What they are good for ends with the response: these transports hold a connection open.
STREAMED = ("background", "stream")


@dataclass(frozen=True, slots=True)
class Break:
    """One button."""

    fault: str
    label: str
    icon: str
    help: str


BREAKS = (
    Break(
        "cut",
        "Cut the wire",
        ":material/content_cut:",
        "Closes the connection, in the middle of a word if need be.",
    ),
    Break(
        "stall",
        "Stall",
        ":material/pause_circle:",
        "The connection stays open and says nothing.",
    ),
    Break(
        "expire",
        "Expire the cursor",
        ":material/history_toggle_off:",
        "The provider stops streaming this response: it can only be polled.",
    ),
    Break(
        "kill",
        "Kill the runner",
        ":material/dangerous:",
        "The runner vanishes with its lease; another one takes the run over.",
    ),
    Break(
        "offline 5s",
        "Go offline 5 s",
        ":material/wifi_off:",
        "Nothing gets through for five seconds.",
    ),
)


def breaking(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for each in BREAKS:
            st.button(
                each.label,
                icon=each.icon,
                help=each.help,
                key=f"break-{each.fault}",
                on_click=break_now,
                args=(run, each),
                disabled=each.fault == "stall" and run.info.request.provider != "simulator",
            )


def break_now(run: Run, wanted: Break) -> None:
    try:
        if wanted.fault == "kill":
            workbench().replace_runner()
        else:
            run.disturb(wanted.fault)
    except WorkbenchError as error:
        st.toast(plain(error), icon=":material/info:")
    else:
        st.toast(f"{wanted.label}: watch the seam.", icon=wanted.icon)
