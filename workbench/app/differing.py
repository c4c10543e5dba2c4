"""Two runs side by side: where their texts part, and their sequences of events."""

import difflib
from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from workbench.service import Run

__all__ = ["changes", "differences", "types"]

LINES = 400


def differences(one: Run, other: Run) -> None:
    st.subheader("Differences")
    text, order = st.tabs(["Text", "Event sequence"])
    with text:
        show(changes(one.text.splitlines(), other.text.splitlines(), (one.id, other.id)))
    with order:
        show(changes(types(one), types(other), (one.id, other.id)))


def show(lines: Sequence[str]) -> None:
    if not lines:
        st.success("The same.", icon=":material/check:")
        return
    st.code("\n".join(lines[:LINES]), language="diff")
    if len(lines) > LINES:
        st.caption(f"{len(lines) - LINES:,} more lines.")


def types(run: Run) -> list[str]:
    """The sequence of event types, a line for each stretch of the same one."""
    return [
        f"{kind} × {sum(1 for _ in entries)}"
        for kind, entries in groupby(run.entries(), key=lambda entry: entry.event["type"])
    ]


def changes(left: list[str], right: list[str], names: tuple[str, str]) -> list[str]:
    """A unified diff; empty when there is none."""
    return list(difflib.unified_diff(left, right, *names, lineterm="", n=2))
