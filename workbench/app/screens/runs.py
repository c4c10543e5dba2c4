"""All runs: find, open, cancel, delete, export, import."""

from functools import partial
from typing import Any

import streamlit as st

from workbench.app.parts import run_link
from workbench.app.serving import workbench
from workbench.app.shown import ago, bytes_text, seconds_text
from workbench.errors import WorkbenchError
from workbench.events import ENDED, Status
from workbench.service import Run
from workbench.transfer.export import FORMATS

__all__ = ["page"]

PAGE = 100
STATUSES: tuple[Status, ...] = (
    "queued", "in_progress", "completed", "incomplete", "failed", "cancelled", "interrupted",
)  # fmt: skip
DAY_S = 86_400
AGES = {"an hour": 3600, "a day": DAY_S, "a week": 7 * DAY_S, "ever": 0}


def page() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            "Search", key="search", bind="query-params", icon=":material/search:",
            placeholder="prompt, provider, scenario, model or id",
        )  # fmt: skip
        status = st.multiselect("Status", STATUSES, key="status")
        tidy()
        take_in()
    found, older = matching(words or "", tuple(status))
    if not found:
        st.info("No run matches." if words or status else "There is no run yet.")
    else:
        chosen = table(found)
        pager(found, older=older)
        for run in chosen:
            actions(run)
    store()


def matching(words: str, status: tuple[Status, ...]) -> tuple[list[Run], bool]:
    """A page of runs, newest first. Words are looked for in what a row shows.

    Only as many rows are read as a page needs, however many runs there are.
    """
    before = st.query_params.get("before")
    needles = words.lower().split()
    found: list[Run] = []
    while True:
        page_of = workbench().runs(status=status or None, limit=PAGE, before=before)
        found += [run for run in page_of if all(needle in haystack(run) for needle in needles)]
        if len(page_of) < PAGE or len(found) >= PAGE:
            return found[:PAGE], len(page_of) == PAGE
        before = page_of[-1].id


def haystack(run: Run) -> str:
    request = run.info.request
    words = (run.id, request.input, request.provider, request.model, request.scenario, run.status)
    return " ".join(str(word) for word in words).lower()


def row(run: Run, now: float) -> dict[str, Any]:
    info, request = run.info, run.info.request
    usage = info.summary.get("usage") or {}
    return {
        "status": info.status.replace("_", " "),
        "prompt": request.input if isinstance(request.input, str) else "input items",
        "provider": request.scenario or request.model or request.provider,
        "transport": request.transport,
        "started": ago(info.created_at, now),
        "duration": seconds_text(info.closed_at - info.created_at) if info.closed_at else "running",
        "cursor": info.cursor,
        "tokens": usage.get("total_tokens"),
        "id": info.id,
    }


def table(found: list[Run]) -> list[Run]:
    now = workbench().clock.now()
    state = st.dataframe(
        [row(run, now) for run in found],
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key="table",
        height=520,
        column_config={
            "prompt": st.column_config.TextColumn(width="large"),
            "cursor": st.column_config.NumberColumn(format="localized"),
            "tokens": st.column_config.NumberColumn(format="localized"),
        },
    )
    return [found[index] for index in state["selection"]["rows"] if index < len(found)]


def pager(found: list[Run], *, older: bool) -> None:
    with st.container(horizontal=True):
        if st.query_params.get("before") and st.button("Newest", icon=":material/first_page:"):
            del st.query_params["before"]
            st.rerun()
        if older and st.button("Older", icon=":material/chevron_right:"):
            st.query_params["before"] = found[-1].id
            st.rerun()


def actions(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"`{run.id}`")
        run_link(run.id)
        st.link_button("Replay", f"replay?run={run.id}", icon=":material/replay:", type="tertiary")
        with st.popover("Export", icon=":material/download:", type="tertiary"):
            exports(run)
        if run.info.status in ENDED:
            if st.button("Delete", icon=":material/delete:", key=f"delete-{run.id}"):
                workbench().delete(run.id)
                st.rerun()
        elif st.button("Cancel", icon=":material/stop_circle:", key=f"cancel-{run.id}"):
            run.cancel()
            st.rerun()


def exports(run: Run) -> None:
    for name, (_, media_type, purpose) in FORMATS.items():
        st.download_button(
            name,
            # Called on the click, so that opening the menu costs nothing.
            partial(workbench().export, run.id, name),
            file_name=f"{run.id}.{name}",
            mime=media_type,
            on_click="ignore",
            help=purpose,
            key=f"export-{run.id}-{name}",
        )


def tidy() -> None:
    with st.popover("Clean up", icon=":material/cleaning_services:"):
        age = st.selectbox("Delete runs that ended longer ago than", list(AGES), index=2)
        if st.button("Delete them", type="primary"):
            count = workbench().clean(older_than=AGES[age])
            st.toast(f"{count} runs deleted.", icon=":material/delete:")


def take_in() -> None:
    with st.popover("Import", icon=":material/upload:"):
        file = st.file_uploader(
            "A run exported as jsonl, or a recorded event stream", ["jsonl", "sse"]
        )
        if file is not None and st.button("Import", type="primary"):
            try:
                run = workbench().import_run(file.getvalue())
            except WorkbenchError as error:
                st.error(str(error))
            else:
                st.success(f"Imported as `{run.id}`.")


def store() -> None:
    stats = workbench().stats()
    swept = (
        f", last swept {ago(stats.last_sweep_at, workbench().clock.now())}"
        if stats.last_sweep_at
        else ""
    )
    st.caption(
        f"{stats.runs:,} runs in {bytes_text(stats.bytes)}{swept}. "
        "Nothing is evicted: entries leave only when you delete or clean up."
    )
