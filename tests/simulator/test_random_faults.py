"""What a seed draws can be survived: a careful client ends with exactly what was generated."""

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, cast

import httpx
import orjson
import pytest

from tests.support.waiting import wait_until
from workbench.events import RESPONSE_TERMINALS
from workbench.simulator.fault_random import draw
from workbench.simulator.server import Simulator
from workbench.wire.sse import FrameDecoder

ASK = {"model": "sim:short", "input": "Hello", "background": True, "stream": True}
ENDED = {"completed", "failed", "incomplete", "cancelled"}


class CarefulClient:
    """Keeps whole events in order, resumes after the last, and polls when it must."""

    def __init__(self, http: httpx.Client, faults: str) -> None:
        self.http = http
        self.faults = faults
        self.id: str | None = None
        self.cursor: int | None = None
        self.text = ""
        self.final: dict[str, Any] | None = None
        self.jumps: set[tuple[int, int]] = set()

    def run(self) -> None:
        for _ in range(12):
            if self.final is not None:
                return
            self._attempt()
        self._poll()

    def _attempt(self) -> None:
        body = {**ASK, "metadata": {"faults": self.faults}}
        query: dict[str, Any] = {"stream": "true"}
        if self.cursor is not None:
            query["starting_after"] = self.cursor
        asked = (
            self.http.stream("POST", "responses", json=body)
            if self.id is None
            else self.http.stream("GET", f"responses/{self.id}", params=query)
        )
        try:
            with asked as answer:
                if answer.status_code == 400:
                    self._poll()
                elif answer.headers.get("content-type", "").startswith("text/event-stream"):
                    self._read(answer)
        except httpx.TransportError:
            return

    def _read(self, answer: httpx.Response) -> None:
        decoder = FrameDecoder()
        with closing(cast(Generator[bytes], answer.iter_raw())) as chunks:
            for chunk in chunks:
                if not all(self._take(frame.data) for frame in decoder.feed(chunk)):
                    return

    def _take(self, data: str) -> bool:
        """Whether this is the next event, or an old one again."""
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            return False  # what follows cannot be trusted to follow
        if event["type"] == "response.created":
            self.id = event["response"]["id"]
        number = event["sequence_number"]
        expected = 0 if self.cursor is None else self.cursor + 1
        if number < expected:
            return True
        # After an interruption a number may be missing for good: it was a keepalive's.
        if number > expected and self._asks_again(number, expected):
            return False
        self.cursor = number
        if event["type"] == "response.output_text.delta":
            self.text += event["delta"]
        if event["type"] in RESPONSE_TERMINALS:
            self.final = event["response"]
        return True

    def _asks_again(self, number: int, expected: int) -> bool:
        """The first jump is asked about again; the second time it is believed."""
        again = (number, expected) in self.jumps
        self.jumps.add((number, expected))
        return not again

    def _poll(self) -> None:
        if self.id is not None:
            wait_until(self._polled, "the response has ended")

    def _polled(self) -> bool:
        try:
            answer = self.http.get(f"responses/{self.id}")
        except httpx.TransportError:
            return False
        if answer.status_code != 200 or answer.json()["status"] not in ENDED:
            return False
        self.final = answer.json()
        self.text = output_text(self.final)
        return True


def output_text(response: dict[str, Any] | None) -> str:
    parts = [
        part["text"]
        for item in (response or {})["output"]
        if item["type"] == "message"
        for part in item["content"]
    ]
    return "".join(parts)


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with Simulator(speed=0) as simulator:
        yield simulator.base_url


@pytest.mark.parametrize("seed", range(80))
def test_a_careful_client_survives(base_url: str, seed: int) -> None:
    with httpx.Client(base_url=base_url, timeout=5) as http:
        client = CarefulClient(http, f"random:{seed}")
        client.run()
    assert client.id is not None
    truth = httpx.get(base_url.replace("/v1", f"/__sim/responses/{client.id}")).json()
    assert client.final is not None
    assert client.final["status"] == "completed"
    assert client.text == output_text(truth["final"])
    assert truth["creates"] == 1


def test_nothing_is_withheld_twice_where_everything_is_sent_again() -> None:
    """What a client asked for again and did not get again, it must believe does not exist."""
    both = 0
    for seed in range(4000):
        drawn = draw(seed)
        withheld = sum(
            text.count("#1-2") + 1 for text in drawn if text.startswith(("gap", "garble"))
        )
        repeats = any(text.startswith("repeat") for text in drawn)
        assert not repeats or withheld <= 1, drawn
        both += repeats and withheld == 1
    assert both, "the two are still tried together"
