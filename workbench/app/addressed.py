"""Choices that live in the address under plain values: `?speed=5`, whatever a page calls it.

What Streamlit itself binds to an address is the label that a visitor sees, and a link would break
with every change of words. Here the address decides, and the widget follows it.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st

__all__ = ["addressed"]

T = TypeVar("T", str, float)


def addressed(name: str, options: Sequence[T], default: T | None = None) -> dict[str, Any]:
    """The arguments of a widget of one choice that stands at what the address says."""
    usual = options[0] if default is None else default
    known = {_plain(option): option for option in options}
    st.session_state[name] = known.get(st.query_params.get(name, ""), usual)
    return {"options": options, "key": name, "on_change": _write, "args": (name, usual)}


def _write(name: str, usual: str | float) -> None:
    """Only what differs from the usual stands in the address."""
    chosen = st.session_state[name]
    if chosen == usual:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = _plain(chosen)


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"
