"""The same prompt over several transports at once: what streaming saves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from workbench.app.addressed import addressed
from workbench.app.background import Work, begin, find
from workbench.app.comparing import measured_table
from workbench.app.component import compare_view, sketched_comparison
from workbench.app.keep import keep
from workbench.app.parts import PROVIDERS, find_kept, find_run, provider_label
from workbench.app.screens.live_form import SPEEDS
from workbench.app.serving import workbench
from workbench.app.shown import plain
from workbench.errors import WorkbenchError
from workbench.events import TRANSPORTS, Transport
from workbench.lab.compare import lanes_of
from workbench.lab.expected import expected
from workbench.log.ids import new_run_id
from workbench.service import Run
from workbench.simulator.scenario import load_all

__all__ = ["page"]

PROMPT = "Plan a week in Lisbon for two people who like books, hills and grilled fish."
MOST_REPEATS = 20
MOST_LANES = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """What is compared."""

    prompt: str
    transports: Sequence[Transport]
    providers: Sequence[str]
    models: Sequence[str | None]
    options: dict[str, Any]


def page() -> None:
    runs = [run for one in lanes_asked() if (run := find_run(one)) is not None]
    if not runs and not st.query_params.get("result"):
        st.title("What does streaming save?")
        st.markdown(
            "One prompt, several ways to ask for it, all at the same time. Watch when each shows "
            "its first words, and when somebody who reads along would be done."
        )
    choice = controls()
    if runs:
        named = zip(runs, labels(runs), strict=True)
        lanes = [{"run": run.id, "label": label} for run, label in named]
        compare_view(lanes, key="compare-" + "-".join(lane["run"][-6:] for lane in lanes))
    if not measured() and not runs:
        foresee(choice)


def foresee(choice: Choice) -> None:
    """What is to be expected, so that a visitor sees the point before anything has run."""
    if not choice.options or not choice.transports:
        return
    scenario = load_all()[choice.options["scenario"]]
    speed = choice.options["speed"]
    sketched_comparison(
        expected(scenario, choice.transports, speed=speed, poll_s=workbench().settings.poll_s)
    )
    st.caption(
        f"Nothing has run yet: these are the times that the scenario itself has, at {speed:g}×. "
        "Run them side by side to see it happen."
    )


def lanes_asked() -> list[str]:
    return [one for one in st.query_params.get("runs", "").split(",") if one][:MOST_LANES]


def labels(runs: Sequence[Run]) -> list[str]:
    """What tells each of these runs from the others."""
    asked = [run.info.request for run in runs]
    facts = [(one.transport, one.provider, one.model) for one in asked]
    telling = [n for n in range(3) if len({fact[n] for fact in facts}) > 1]
    return [" · ".join(str(fact[n]) for n in telling if fact[n]) or fact[0] for fact in facts]


def controls() -> Choice:
    scenarios = load_all()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        transports = st.segmented_control(
            "Transports", TRANSPORTS, selection_mode="multi", default=list(TRANSPORTS),
            key="transports", bind="query-params",
        )  # fmt: skip
        scenario = st.selectbox(
            "Scenario",
            **addressed("scenario", sorted(scenarios, key=lambda name: name != "planner")),
            format_func=lambda name: scenarios[name].title, width=290,
        )  # fmt: skip
        speed = st.selectbox(
            "Speed", **addressed("speed", SPEEDS, SPEEDS[3]), width=90,
            format_func=lambda speed: f"{speed:g}×",
        )  # fmt: skip
        choice = more(transports, {"scenario": scenario, "speed": speed})
        lanes = len(choice.transports) * len(choice.providers) * len(choice.models)
        is_possible = 0 < lanes <= MOST_LANES
        if st.button(
            "Run them side by side", type="primary", icon=":material/play_arrow:",
            disabled=not is_possible,
        ):  # fmt: skip
            side_by_side(choice)
        # A new one for each measurement, so that it does not stay open over what it started.
        key = "measure-" + (st.query_params.get("work") or st.query_params.get("result") or "new")
        with st.popover("Measure", icon=":material/timer:", disabled=not is_possible, key=key):
            st.caption(
                "One after another, in shuffled rounds after a warm-up: slower than side by side, "
                "and fair."
            )
            repeat = st.number_input("Repeats", 1, MOST_REPEATS, 3, key="repeat")
            if st.button("Start measuring", type="primary"):
                measure(choice, int(repeat))
    if lanes > MOST_LANES:
        st.caption(f"These are {lanes} lanes; {MOST_LANES} fit on a page.")
    return choice


def more(transports: Sequence[Transport], simulated: dict[str, Any]) -> Choice:
    """What most comparisons leave as it is."""
    with st.popover("More", icon=":material/tune:"):
        prompt = st.text_area("Prompt", PROMPT, key="prompt", bind="query-params", max_chars=4000)
        providers = st.multiselect(
            "Providers", list(PROVIDERS), ["simulator"], key="providers", bind="query-params",
            format_func=provider_label,
        ) or ["simulator"]  # fmt: skip
        models = st.text_input(
            "Models", key="models", bind="query-params", placeholder="separated by commas",
            help="Each model makes a lane of its own; without one the provider's default is asked.",
        )  # fmt: skip
        if providers != ["simulator"]:
            st.caption("Real providers charge for every run.")
    named = [one.strip() for one in (models or "").split(",") if one.strip()]
    only_simulated = providers == ["simulator"]
    return Choice(
        prompt or PROMPT,
        transports,
        providers,
        named or [None],
        simulated if only_simulated else {},
    )


def side_by_side(choice: Choice) -> None:
    """All at once, for the eye; the lanes disturb each other a little, so it measures nothing."""
    lanes = lanes_of(choice.transports, choice.providers, choice.models)
    try:
        runs = [
            workbench().start(choice.prompt, **{**choice.options, **lane.options}) for lane in lanes
        ]
    except WorkbenchError as error:
        st.error(plain(error))
        return
    st.query_params["runs"] = ",".join(run.id for run in runs)
    st.query_params.pop("result", None)
    st.rerun()


def measure(choice: Choice, repeat: int) -> None:
    def task(work: Work) -> str:
        result = workbench().compare(
            choice.prompt,
            transports=list(choice.transports),
            providers=list(choice.providers),
            models=list(choice.models),
            repeat=repeat,
            progress=work.progress,
            **choice.options,
        )
        return keep("comparisons", result.to_dict())

    st.query_params["work"] = begin(new_run_id(workbench().clock), task).name
    st.query_params.pop("result", None)
    st.query_params.pop("runs", None)
    st.rerun()


def measured() -> bool:
    """Shows a measurement, ended or under way; False when there is none."""
    work = find(st.query_params.get("work"))
    if work is not None and not work.ended.is_set():
        under_way(work.name)
        return True
    st.query_params.pop("work", None)
    if work is not None and work.error:
        st.error(plain(work.error))
        return False
    if work is not None:
        st.query_params["result"] = work.result
    if (result := find_kept("comparisons")) is not None:
        measured_table(result)
    return result is not None


@st.fragment(run_every="1s")
def under_way(name: str) -> None:
    work = find(name)
    if work is None or work.ended.is_set():
        st.rerun()
    text = "The first run goes on."
    if work.total:
        text = f"{work.done} of {work.total} · {plain(work.word)}"
    st.progress(work.done / max(work.total, 1), text=text)
