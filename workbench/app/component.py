"""The shared live view as a Streamlit component.

It is fed by its own socket, never by reruns: a page that is redrawn keeps the view and its
place. What comes back are positions and wishes.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import streamlit as st

from workbench.static import module

__all__ = [
    "compare_view",
    "drawn_comparison",
    "lab_grid",
    "live_view",
    "replay_view",
    "sketched_comparison",
]


@cache
def _component() -> Any:
    return st.components.v2.component(
        "workbench_view", html="<div class='wb-root'></div>", js=module()
    )


def _mount(key: str, data: dict[str, Any]) -> Any:
    return _component()(
        key=key,
        data=data,
        on_position_change=_keep,
        on_event_change=_keep,
    )


def _keep() -> None:
    """A value exists on the result only when somebody listens."""


def socket_url(run: str) -> str:
    # Relative to the page, so that a dashboard behind a path prefix works too.
    return f"api/runs/{run}/ws"


def live_view(run: str, *, expected: int | None = None, label: str | None = None) -> Any:
    """A run as it happens: lanes, transcript, cursor; without a label its model names it."""
    return _mount(
        f"live-{run}",
        {
            "mode": "live",
            "run": run,
            "url": socket_url(run),
            "expected": expected,
            "label": label,
            "keys": "page",
        },
    )


def replay_view(
    run: str,
    *,
    position: int | None = None,
    speed: float | None = None,
    label: str | None = None,
    selection: list[int] | None = None,
) -> Any:
    """A run to scrub and play, with an inspector for the entry under the cursor."""
    return _mount(
        f"replay-{run}",
        {
            "mode": "replay",
            "run": run,
            "url": socket_url(run),
            "position": position,
            "speed": speed,
            "label": label,
            "selection": selection,
            "keys": "page",
        },
    )


def compare_view(lanes: Sequence[dict[str, Any]], *, key: str) -> Any:
    """Several runs on one time axis, with the moment a reader of each would be done."""
    runs = [{**lane, "url": socket_url(lane["run"])} for lane in lanes]
    return _mount(key, {"mode": "compare", "runs": runs})


def drawn_comparison(result: dict[str, Any]) -> Any:
    """A measured comparison: medians in place of what single runs say."""
    first = {sample["lane"]: sample["run"] for sample in reversed(result["samples"])}
    drawing = result["drawing"]
    lanes = [{"run": run, "label": label, "url": socket_url(run)} for label, run in first.items()]
    return _mount(
        "drawn-" + "-".join(lane["run"][-6:] for lane in lanes),
        {"mode": "compare", "runs": lanes, "drawing": drawing},
    )


def sketched_comparison(drawing: dict[str, Any]) -> Any:
    """A drawing without runs: what is to be expected."""
    return _mount("sketched", {"mode": "compare", "runs": [], "drawing": drawing})


def lab_grid(grid: dict[str, Any], *, key: str, summary: bool = False) -> Any:
    """Verdicts by scenario and fault; a click on a cell comes back as an event."""
    return _mount(key, {"mode": "lab", "grid": grid, "summary": summary})
