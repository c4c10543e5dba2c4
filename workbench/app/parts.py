"""Pieces that several pages are made of."""

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from workbench.app.keep import kept
from workbench.app.serving import workbench
from workbench.app.shown import plain
from workbench.errors import UnknownRun
from workbench.service import Run
from workbench.simulator.scenario import load_all

__all__ = [
    "PROVIDERS",
    "asked_run",
    "facts",
    "find_kept",
    "find_run",
    "go_to_neighbour",
    "has_key",
    "live_address",
    "provider_label",
    "replay_address",
    "run_link",
    "scenario_title",
]

# Each with the setting that holds its key.
PROVIDERS = {
    "simulator": None,
    "openai": "openai_api_key",
    "openrouter": "openrouter_api_key",
    "chat": None,
}


NEIGHBOURS = 1000


def has_key(provider: str) -> bool:
    """Whether a run of this provider has what it needs; the key itself never reaches a page."""
    setting = PROVIDERS[provider]
    return setting is None or getattr(workbench().settings, setting) is not None


def provider_label(provider: str) -> str:
    return provider if has_key(provider) else f"{provider} · no key set"


def live_address(run_id: str) -> str:
    # The live page is the default one, so it has no path of its own.
    return "./?" + urlencode({"run": run_id})


def replay_address(run_id: str, other: str | None = None) -> str:
    return "./replay?" + urlencode({"run": run_id} | ({"with": other} if other else {}))


def asked_run() -> str | None:
    """The run of the address, or the one this visitor looked at last.

    Going from page to page loses the address; coming back must not lose the run.
    """
    asked = st.query_params.get("run") or st.session_state.get("last_run")
    if asked:
        st.session_state["last_run"] = asked
        st.query_params["run"] = asked
    return asked


def find_run(run_id: str | None) -> Run | None:
    """The run of an address; an unknown one is said, not raised."""
    if not run_id:
        return None
    try:
        run = workbench().run(run_id)
    except UnknownRun as error:
        st.session_state.pop("last_run", None)
        st.warning(plain(error), icon=":material/search_off:")
        return None
    return run


def find_kept(kind: str) -> dict[str, Any] | None:
    """The result of an address; one that is gone is said."""
    name = st.query_params.get("result")
    found = kept(kind, name)
    if name and found is None:
        st.warning("That result is not in this folder any more.", icon=":material/search_off:")
    return found


def scenario_title(run: Run) -> str | None:
    """What a simulated run tells of; the model of a real one says more than any title."""
    scenario = load_all().get(run.info.request.scenario or "")
    return scenario.title if scenario else None


def facts(run: Run, *, links: bool = False) -> None:
    """One quiet line: which run this is, what it was asked for, where else it can be seen."""
    request = run.info.request
    words = [
        run.id,
        request.provider if request.scenario is None else f"simulator · {request.scenario}",
        request.transport,
        *([request.model] if request.model else []),
        *([f"effort {request.reasoning_effort}"] if request.reasoning_effort else []),
        *([f"faults {request.faults}"] if request.faults else []),
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain("  ·  ".join(words)))
        if links:
            run_link(run.id, "Second tab")
            st.link_button(
                "Replay", replay_address(run.id), icon=":material/replay:", type="tertiary"
            )


def run_link(run_id: str, label: str = "Open") -> None:
    st.link_button(label, live_address(run_id), icon=":material/open_in_new:", type="tertiary")


def go_to_neighbour(run: Run, *, older: bool) -> None:
    """The next older run or the next newer one; the place within this one is left behind."""
    found = older_than(run.id) if older else newer_than(run.id)
    if found:
        for name in ("at", "loop"):
            st.query_params.pop(name, None)
        st.query_params["run"] = found
        st.rerun()
    st.toast("There is no older run." if older else "This is the newest run.")


def older_than(run_id: str) -> str | None:
    return next((info.id for info in workbench().log.runs(limit=1, before=run_id)), None)


def newer_than(run_id: str) -> str | None:
    """The run that was begun after this one; a log is listed from its newest run down."""
    newer = before = None
    while page := workbench().log.runs(limit=NEIGHBOURS, before=before):
        for info in page:
            if info.id <= run_id:
                return newer
            newer = info.id
        before = newer
    return newer
