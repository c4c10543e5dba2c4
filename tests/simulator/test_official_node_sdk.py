"""The official Node SDK, unmodified, meets the simulator as if it were the provider."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.npm import run_with_packages
from workbench.simulator.server import Simulator

SCRIPT = Path(__file__).parents[1] / "node" / "official_sdk.mjs"


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    with Simulator(speed=50) as simulator:
        found = json.loads(run_with_packages(SCRIPT, simulator.base_url))
    assert isinstance(found, dict)
    return found


@pytest.mark.node
def test_a_create_answers(seen: dict[str, Any]) -> None:
    assert seen["created"]["status"] == "completed"
    assert seen["created"]["text"]


@pytest.mark.node
def test_a_background_response_is_polled_to_its_end(seen: dict[str, Any]) -> None:
    assert seen["background"]["first"] == "queued"
    assert seen["background"]["last"] == "completed"
    assert seen["background"]["text"]


@pytest.mark.node
@pytest.mark.parametrize(("name", "before"), [("cut", 20), ("inside", 19)])
def test_a_broken_stream_is_an_error_and_is_resumed_without_a_gap(
    seen: dict[str, Any], name: str, before: int
) -> None:
    run = seen[name]
    assert run["error"]
    assert run["before"] == before
    assert run["numbers"] == list(range(len(run["numbers"])))
    assert run["text"] == run["final"]


@pytest.mark.node
def test_a_cancel_may_be_repeated(seen: dict[str, Any]) -> None:
    assert seen["cancelled"] == ["cancelled", "cancelled"]
