"""The same answer over four transports, and the nearest one where a provider lacks it."""

from pathlib import Path

import pytest

from tests.support.benches import open_bench
from tests.support.truths import truth_of
from workbench.events import TRANSPORTS, Transport
from workbench.simulator.server import Simulator


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_transport_ends_with_the_providers_text(tmp_path: Path, transport: Transport) -> None:
    with open_bench(tmp_path) as wb:
        run = wb.start("Go", scenario="short", transport=transport).wait(20)

        truth = truth_of(wb, f"responses/{run.state.response_id}")
        assert run.status == "completed"
        assert run.text == truth["final"]["output"][-1]["content"][0]["text"]
        assert run.summaries
        assert run.seams().to_dict()["equal"] is True
        assert truth["creates"] == 1


def test_a_chat_provider_gets_the_nearest_transport_and_an_entry_says_so(tmp_path: Path) -> None:
    with Simulator(speed=100) as simulator, open_bench(tmp_path) as wb:
        run = wb.start(
            "Go",
            provider="chat",
            base_url=simulator.base_url,
            model="sim:short",
            transport="background",
        ).wait(20)

        adapted = [e.event for e in run.entries() if e.event["type"] == "workbench.adapted"]
        assert run.status == "completed"
        assert run.text
        assert [(one["wanted"], one["used"]) for one in adapted] == [("background", "stream")]


def test_a_missing_key_fails_the_run_with_a_sentence_and_sends_nothing(tmp_path: Path) -> None:
    with open_bench(tmp_path, openai_api_key=None) as wb:
        run = wb.start("Go", provider="openai", base_url="https://api.openai.com/v1").wait(20)

        assert run.status == "failed"
        assert run.error is not None
        assert run.error["code"] == "MissingKey"
        assert "OPENAI_API_KEY" in run.error["message"]


def test_a_key_stands_in_no_entry_and_no_repr(tmp_path: Path) -> None:
    with Simulator(speed=100) as simulator, open_bench(tmp_path, chat_api_key="sk-secret") as wb:
        run = wb.start(
            "Go",
            provider="chat",
            base_url=simulator.base_url,
            model="sim:short",
            faults="cut@event:5",
            transport="stream",
        ).wait(20)

        told = repr(run) + repr(wb.settings) + str(run.to_dict()) + str(run.entries())
        assert "sk-secret" not in told
