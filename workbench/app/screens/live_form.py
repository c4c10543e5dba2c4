"""What a run is asked for. Settings live in the address, so a link or a reload keeps them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from workbench.app.addressed import addressed
from workbench.app.parts import PROVIDERS, has_key, provider_label
from workbench.errors import InvalidFault
from workbench.events import TRANSPORTS
from workbench.settings import Settings
from workbench.simulator.faults import parse
from workbench.simulator.scenario import Scenario, load_all

__all__ = ["SPEEDS", "Wish", "form", "prompt_field"]

PROMPTS = {
    "A week in Lisbon": (
        "Plan a week in Lisbon for two people who like books, hills and grilled fish. "
        "Weigh rain against crowds, then give me a day-by-day plan."
    ),
    "A gentle proof": (
        "Explain why there are infinitely many primes to someone who left school long ago."
    ),
    "A hard choice": (
        "We can rewrite our billing service or carry it for two more years. "
        "Think through both, then recommend one."
    ),
}
TRANSPORT_WORDS = {
    "background": "Runs on the provider's side, streams, and can be resumed at any cursor.",
    "stream": "The ordinary stream: what the connection loses is lost.",
    "poll": "Runs on the provider's side and is asked for its state now and then.",
    "sync": "One request, one answer at the end.",
}
EFFORTS = ("low", "medium", "high")
SPEEDS = (0.5, 1.0, 2.0, 5.0, 20.0)
# The prompt stands in the address too, and addresses have an end.
LONGEST_PROMPT = 4000
DENSE_PER_S = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """The arguments of a start."""

    input: str
    options: dict[str, Any]


def form(settings: Settings) -> Wish | None:
    """The form; a wish once Start was pressed and everything in it is valid."""
    prompt = prompt_field()
    start = st.container()  # filled last: whether it may be pressed depends on what follows
    provider = st.selectbox(
        "Provider", **addressed("provider", list(PROVIDERS)), format_func=provider_label
    )  # fmt: skip
    is_simulated = provider == "simulator"
    options: dict[str, Any] = {"provider": provider}
    options |= simulated() if is_simulated else real(provider, settings)
    options["transport"] = transport_field()
    is_valid = faults_field(options) if is_simulated else True
    lacks = None if is_simulated else lacking(provider, options)
    with start:
        pressed = st.button(
            "Start a run",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            shortcut="Ctrl+Enter",
            disabled=not is_valid or lacks is not None or not prompt.strip(),
        )
        if lacks is not None:
            st.caption(lacks)
        elif not is_simulated:
            st.caption("This asks a real provider, who charges for it.")
    return Wish(prompt, options) if pressed else None


def prompt_field() -> str:
    text = st.text_area(
        "Prompt", next(iter(PROMPTS.values())), key="prompt", bind="query-params",
        height=120, max_chars=LONGEST_PROMPT,
    )  # fmt: skip
    st.pills(
        "Examples", list(PROMPTS), key="example", label_visibility="collapsed",
        on_change=take_example,
    )  # fmt: skip
    return str(text)


def take_example() -> None:
    chosen = st.session_state["example"]
    if chosen:
        st.session_state["prompt"] = PROMPTS[chosen]
    st.session_state["example"] = None


def transport_field() -> str:
    transport = st.segmented_control(
        "Transport",
        TRANSPORTS,
        default="background",
        required=True,
        key="transport",
        bind="query-params",
        width="stretch",
    )
    st.caption(TRANSPORT_WORDS[transport])
    return str(transport)


def simulated() -> dict[str, Any]:
    scenarios = load_all()
    names = sorted(scenarios, key=lambda name: (name != "planner", scenarios[name].title))
    name = st.selectbox(
        "Scenario", **addressed("scenario", names),
        format_func=lambda name: scenarios[name].title,
    )  # fmt: skip
    st.caption(describe(scenarios[name]))
    speed = st.select_slider(
        "Speed", **addressed("speed", SPEEDS, 1.0),
        format_func=lambda speed: f"{speed:g}×",
    )  # fmt: skip
    return {
        "scenario": name,
        "speed": speed,
        "timeouts": {"idle_s": silence_s(scenarios[name]) / min(speed, 1.0)},
    }


def silence_s(scenario: Scenario) -> float:
    """How long a silence may be before it is taken for a stall, short enough to be watched."""
    is_dense = scenario.expected_events > DENSE_PER_S * scenario.duration
    return 6.0 if is_dense else 20.0


def describe(scenario: Scenario) -> str:
    size = f"{scenario.expected_events:,} events in {scenario.duration:.0f} s"
    return f"{scenario.description} {size}."


def real(provider: str, settings: Settings) -> dict[str, Any]:
    model = st.text_input(
        "Model", value=settings.model or "", key="model", bind="query-params",
        placeholder="the provider's own default",
    )  # fmt: skip
    effort = st.segmented_control("Reasoning effort", EFFORTS, key="effort", bind="query-params")
    options: dict[str, Any] = {"model": model or None, "reasoning_effort": effort}
    if provider == "chat":
        # Not in the address: a link must not decide where a key is sent.
        url = st.text_input("Base URL", value=settings.chat_base_url or "", key="base_url")
        options["base_url"] = url or None
    return options


def lacking(provider: str, options: dict[str, Any]) -> str | None:
    """What has to be there before this provider can be asked, as something to do."""
    if not has_key(provider):
        name = str(PROVIDERS[provider]).upper()
        return f"Set `{name}` in the environment or in `.env`, and start the dashboard again."
    if provider != "chat":
        return None
    if not is_address(options["base_url"] or ""):
        return "Say below where it listens: a base URL such as `http://127.0.0.1:11434/v1`."
    if not options["model"]:
        return "Name a model below: this provider has none of its own."
    return None


def is_address(text: str) -> bool:
    try:
        url = urlsplit(text)
    except ValueError:
        return False
    return url.scheme in {"http", "https"} and bool(url.hostname) and " " not in text


def faults_field(options: dict[str, Any]) -> bool:
    """Faults that are decided before the start; the buttons of a running one need none."""
    # Open where a link brings faults: what keeps Start from being pressed must be seen.
    asked = bool(st.query_params.get("faults"))
    with st.expander("Faults from the start", icon=":material/bolt:", expanded=asked):
        text = st.text_input(
            "Faults", key="faults", bind="query-params", label_visibility="collapsed",
            placeholder="cut@event:40; stall@3s",
        )  # fmt: skip
        try:
            parse(text or "")
        except InvalidFault as error:
            st.code(str(error), language=None, wrap_lines=True)
            return False
        st.caption("For example `cut@event:40`, or `random:7` for a surprise that repeats.")
    options["faults"] = text or None
    return True
