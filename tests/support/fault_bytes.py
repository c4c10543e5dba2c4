"""What a simulator with faults puts on the socket, for the smallest provider there is."""

import json
import re
from collections.abc import Sequence

from tests.support.raw_http import Answer, ask, frames
from tests.support.small_provider import STREAMED, SmallProvider, some_events
from tests.support.waiting import wait_until
from workbench.simulator.exchange import Ending, Piece
from workbench.simulator.server import Simulator

__all__ = [
    "CANCEL",
    "EVENTS",
    "FRAMES",
    "POLL",
    "RESUME",
    "WHOLE",
    "answers",
    "create",
    "data_of",
    "ending",
    "numbers",
]

EVENTS = some_events(12)
FRAMES = [piece.data for piece in EVENTS]
WHOLE = b"".join(FRAMES)
RESUME = "/v1/responses/resp_small?stream=true"
POLL = "/v1/responses/resp_small"
CANCEL = "/v1/responses/resp_small/cancel"


def create(
    faults: str, *, events: Sequence[Piece] = EVENTS, gap_s: float = 0.0, within_s: float = 30.0
) -> Answer:
    """The first stream of a simulator with these faults."""
    with Simulator(application=SmallProvider(events, gap_s=gap_s), faults=faults) as simulator:
        return ask(simulator.base_url, "POST", body=STREAMED, within_s=within_s)


def answers(faults: str, *requests: tuple[str, str], provider: SmallProvider | None = None
) -> list[Answer]:  # fmt: skip
    """The answers to several requests, each on a connection of its own."""
    with Simulator(application=provider or SmallProvider(), faults=faults) as simulator:
        return [
            ask(simulator.base_url, method, path, STREAMED if method == "POST" else b"")
            for method, path in requests
        ]


def ending(faults: str, *, path: str = RESUME, method: str = "GET") -> Ending:
    """What the application is told of a connection with these faults."""
    provider = SmallProvider()
    with Simulator(application=provider, faults=faults) as simulator:
        ask(simulator.base_url, method, path, within_s=0.3)
    wait_until(lambda: bool(provider.endings), "the application is told")
    [(_, told)] = provider.endings
    return told


def data_of(frame: bytes) -> dict[str, object]:
    found = re.search(rb"^data: (.*)$", frame, re.MULTILINE)
    assert found
    data = json.loads(found[1])
    assert isinstance(data, dict)
    return data


def numbers(answer: Answer) -> list[object]:
    return [data_of(frame).get("sequence_number") for frame in frames(answer.body)]
