"""What the simulator tells afterwards of the connections that faults met."""

from typing import Any

import httpx
import orjson
import pytest

from tests.support.raw_http import ask
from workbench.simulator.server import Simulator


def truth_after(faults: str, *, server_wide: bool = False) -> dict[str, Any]:
    """The truth about a response after its create, one resume and one poll."""
    body: dict[str, Any] = {
        "model": "sim:short", "input": "Hello", "background": True, "stream": True,
    }  # fmt: skip
    if not server_wide:
        body["metadata"] = {"faults": faults}
    with Simulator(speed=0, faults=faults if server_wide else None) as simulator:
        created = ask(simulator.base_url, "POST", body=orjson.dumps(body))
        id_ = created.body.partition(b'"id":"')[2].partition(b'"')[0].decode()
        ask(simulator.base_url, "GET", f"/v1/responses/{id_}?stream=true&starting_after=3")
        ask(simulator.base_url, "GET", f"/v1/responses/{id_}")
        found = httpx.get(simulator.base_url.replace("/v1", f"/__sim/responses/{id_}")).json()
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("server_wide", [True, False])
def test_every_connection_is_listed_with_the_faults_that_struck_it(server_wide: bool) -> None:
    truth = truth_after("cut@event:5;ping@event:2#2;500@poll", server_wide=server_wide)
    made = [(each["kind"], each["closed"], each["faults"]) for each in truth["connections"]]
    assert made == [
        ("create", "broken", ["cut@event:5"]),
        ("resume", "complete", ["ping@event:2#2"]),
        ("poll", "refused", ["500@poll"]),
    ]
    assert truth["connections"][0]["events"] == 5


def test_faults_do_not_change_what_is_true() -> None:
    plain = truth_after("")
    broken = truth_after("garble@event:4;gap@event:6;keepalive@event:8;unnumbered;crlf")
    assert len(broken["events"]) == len(plain["events"])
    assert [event["sequence_number"] for event in broken["events"]] == list(
        range(len(plain["events"]))
    )


def test_a_failure_on_demand_is_part_of_the_truth() -> None:
    truth = truth_after("error@event:7")
    assert [event["type"] for event in truth["events"]][-2:] == ["error", "response.failed"]
    assert len(truth["events"]) == 9
    assert truth["final"]["status"] == "failed"
