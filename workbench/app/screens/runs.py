"""All runs: find, open, cancel, delete, export, import."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from workbench.app.parts import live_address, replay_address, run_link
from workbench.app.serving import workbench
from workbench.app.shown import ago, bytes_text, plain, seconds_text
from workbench.errors import WorkbenchError
from workbench.events import RunInfo, Status
from workbench.transfer.export import FORMATS

__all__ = ["matching", "page"]

PAGE = 100
# A search looks at so many rows before it asks whether to go on.
FAR = 5000
STATUSES: tuple[Status, ...] = (
    "queued", "in_progress", "completed", "incomplete", "failed", "cancelled", "interrupted",
)  # fmt: skip
DAY_S = 86_400
AGES = {"an hour": 3600, "a day": DAY_S, "a week": 7 * DAY_S, "30 days": 30 * DAY_S, "no time": 0}
COMPARED = range(2, 7)


def page() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            "Search", key="search", bind="query-params", icon=":material/search:",
            placeholder="prompt, provider, scenario, model or id", on_change=to_newest,
        )  # fmt: skip
        status = st.multiselect(
            "Status", STATUSES, key="status", bind="query-params", on_change=to_newest,
            format_func=lambda status: status.replace("_", " "), placeholder="any",
            width=300,
        )  # fmt: skip
        tidy()
        take_in()
    found, older = matching(words or "", tuple(status), st.query_params.get("before"))
    if found:
        chosen = table(found)
        pager(older)
        if len(chosen) == 1:
            one_run(chosen[0])
        elif chosen:
            several(chosen)
    elif words or status:
        st.markdown("No run matches.")
        pager(older)
    else:
        st.subheader("No run yet")
        st.markdown("Start one on the Live page, or import one.")
    store()


def matching(
    words: str, status: tuple[Status, ...], before: str | None = None
) -> tuple[list[RunInfo], str | None]:
    """A page of runs, newest first, and where the next page begins if there may be one.

    Only as many rows are read as a page needs, however many runs there are.
    """
    needles = words.lower().split()
    found: list[RunInfo] = []
    for _ in range(FAR // PAGE):
        rows = workbench().log.runs(status=status or None, limit=PAGE, before=before)
        for info in rows:
            before = info.id
            if all(needle in haystack(info) for needle in needles):
                found.append(info)
                if len(found) == PAGE:
                    return found, before
        if len(rows) < PAGE:
            return found, None
    return found, before


def haystack(info: RunInfo) -> str:
    request = info.request
    words = (info.id, request.input, request.provider, request.model, request.scenario, info.status)
    return " ".join(str(word) for word in words).lower()


def row(info: RunInfo, now: float) -> dict[str, Any]:
    request = info.request
    usage = info.summary.get("usage") or {}
    return {
        "status": info.status.replace("_", " "),
        "prompt": request.input if isinstance(request.input, str) else "input items",
        "provider": request.provider,
        "asked for": request.scenario or request.model or "",
        "transport": request.transport,
        "started": ago(info.created_at, now),
        "duration": duration(info),
        "cursor": info.cursor,
        "tokens": usage.get("total_tokens"),
        "id": info.id,
    }


def duration(info: RunInfo) -> str:
    """How long the run itself took: one that was imported was closed long after it had ended."""
    if info.closed_at is None:
        return "running"
    return seconds_text(info.summary.get("duration_s", info.closed_at - info.created_at))


def table(found: Sequence[RunInfo]) -> list[RunInfo]:
    now = workbench().clock.now()
    # Streamlit remembers chosen rows by their place: in another list they would be other runs.
    shown = hash(tuple(info.id for info in found))
    state = st.dataframe(
        [row(info, now) for info in found],
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"table{shown}",
        placeholder="—",
        height=min(36 * (len(found) + 1) + 3, 480),
        column_config={
            "prompt": st.column_config.TextColumn(width="large"),
            "cursor": st.column_config.NumberColumn(format="localized"),
            "tokens": st.column_config.NumberColumn(format="localized"),
        },
    )
    return [found[index] for index in state["selection"]["rows"] if index < len(found)]


def to_newest() -> None:
    st.query_params.pop("before", None)


def pager(older: str | None) -> None:
    with st.container(horizontal=True):
        if st.query_params.get("before") and st.button("Newest", icon=":material/first_page:"):
            to_newest()
            st.rerun()
        if older and st.button("Older", icon=":material/chevron_right:"):
            st.query_params["before"] = older
            st.rerun()


def one_run(info: RunInfo) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"`{info.id}`")
        run_link(info.id)
        st.link_button("Replay", replay_address(info.id), icon=":material/replay:", type="tertiary")
        with st.popover("Export", icon=":material/download:", type="tertiary"):
            exports(info.id)
        end_or_forget([info])


def several(chosen: Sequence[RunInfo]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"**{len(chosen)} runs**")
        if len(chosen) in COMPARED:
            st.link_button(
                "Side by side", "./compare?runs=" + ",".join(info.id for info in chosen),
                icon=":material/stacked_line_chart:", type="tertiary",
            )  # fmt: skip
        if len(chosen) == 2:
            st.link_button(
                "Differences", replay_address(chosen[0].id, chosen[1].id),
                icon=":material/difference:", type="tertiary",
            )  # fmt: skip
        end_or_forget(chosen)


def end_or_forget(chosen: Sequence[RunInfo]) -> None:
    """Cancel what goes on, delete what has ended."""
    going_on = [info.id for info in chosen if not info.is_ended]
    ended = [info.id for info in chosen if info.is_ended]
    if going_on and st.button(f"Cancel{count(going_on)}", icon=":material/stop_circle:"):
        for run in going_on:
            workbench().run(run).cancel()
        st.rerun()
    if ended and st.button(
        f"Delete{count(ended)}", icon=":material/delete:", help="Its entries are gone for good."
    ):
        for run in ended:
            workbench().delete(run)
        st.session_state.pop("last_run", None)
        st.rerun()


def count(runs: Sequence[str]) -> str:
    return f" {len(runs)} runs" if len(runs) > 1 else ""


def exports(run: str) -> None:
    for name, (_, media_type, purpose) in FORMATS.items():
        st.download_button(
            name,
            # Called on the click, so that opening the menu costs nothing.
            partial(workbench().export, run, name),
            file_name=f"{run}.{name}",
            mime=media_type,
            on_click="ignore",
            help=purpose,
            key=f"export-{run}-{name}",
        )


def tidy() -> None:
    with st.popover("Clean up", icon=":material/cleaning_services:"):
        age = st.selectbox("Delete runs that ended longer ago than", list(AGES), index=2)
        if st.button("Delete them", type="primary"):
            number = workbench().clean(older_than=AGES[age])
            st.toast(f"{number} runs deleted.", icon=":material/delete:")


def take_in() -> None:
    with st.popover("Import", icon=":material/upload:"):
        file = st.file_uploader(
            "A run exported as jsonl, or a recorded event stream", ["jsonl", "sse"]
        )
        if file is not None and st.button("Import it", type="primary"):
            try:
                run = workbench().import_run(file.getvalue())
            except WorkbenchError as error:
                st.error(plain(error))
            else:
                st.success("Imported.")
                st.link_button("Open", live_address(run.id), icon=":material/open_in_new:")


def store() -> None:
    stats = workbench().stats()
    now = workbench().clock.now()
    swept = f", last cleaned up {ago(stats.last_sweep_at, now)}" if stats.last_sweep_at else ""
    st.caption(
        f"{stats.runs:,} runs in {bytes_text(stats.bytes)}{swept}. "
        "Runs stay until you delete them or clean up."
    )
