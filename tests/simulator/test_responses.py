"""The Responses API as clients see it."""

import asyncio
import json
import time
from typing import Any

import pytest

from tests.support.asking import Answer, ask
from workbench.clock import ManualClock
from workbench.simulator.app import Application
from workbench.simulator.create import Options
from workbench.simulator.exchange import Request


@pytest.fixture
def app() -> Application:
    return Application(Options(speed=0))


def create(app: Application, take: int | None = None, **body: Any) -> Answer:
    request = {"model": "sim:short", "input": "What is a cursor?", **body}
    return ask(app, "POST", "/v1/responses", request, take=take)


def background(app: Application, **body: Any) -> Answer:
    return create(app, background=True, stream=True, **body)


def id_of(answer: Answer) -> str:
    return str(answer.events[0]["response"]["id"])


def test_a_background_stream_begins_queued_and_ends_completed(app: Application) -> None:
    answer = background(app)
    assert answer.types[:3] == ["response.created", "response.queued", "response.in_progress"]
    statuses = [event["response"]["status"] for event in answer.events[:3]]
    assert statuses == ["queued", "queued", "in_progress"]
    assert answer.types[-1] == "response.completed"


def test_a_foreground_stream_begins_in_progress(app: Application) -> None:
    answer = create(app, stream=True)
    assert answer.types[:2] == ["response.created", "response.in_progress"]
    assert answer.events[0]["response"]["status"] == "in_progress"


def test_events_are_numbered_from_zero_without_a_gap(app: Application) -> None:
    numbers = [event["sequence_number"] for event in background(app).events]
    assert numbers == list(range(len(numbers)))


def test_frames_are_event_and_data_lines_ended_by_lf(app: Application) -> None:
    answer = background(app)
    assert b"\r" not in answer.bytes
    assert b"[DONE]" not in answer.bytes
    for piece in answer.pieces:
        event, data, *rest = piece.data.split(b"\n")
        assert event == f"event: {piece.type}".encode()
        assert data.startswith(b'data: {"type":"')
        assert rest == [b"", b""]


def test_a_resumed_stream_is_the_same_bytes(app: Application) -> None:
    first = background(app)
    id_ = id_of(first)
    for after in (0, 1, 57, len(first.pieces) - 2):
        resumed = ask(app, "GET", f"/v1/responses/{id_}?stream=true&starting_after={after}")
        assert resumed.bytes == b"".join(piece.data for piece in first.pieces[after + 1 :])


def test_a_resume_without_a_cursor_replays_everything(app: Application) -> None:
    first = background(app)
    assert ask(app, "GET", f"/v1/responses/{id_of(first)}?stream=true").bytes == first.bytes


def test_a_resume_past_the_end_is_an_empty_stream(app: Application) -> None:
    first = background(app)
    path = f"/v1/responses/{id_of(first)}?stream=true&starting_after=9999"
    answer = ask(app, "GET", path)
    assert (answer.status, answer.bytes) == (200, b"")


def test_a_poll_shows_the_final_object(app: Application) -> None:
    first = background(app)
    polled = ask(app, "GET", f"/v1/responses/{id_of(first)}").json
    assert polled["output"] == first.events[-1]["response"]["output"]
    assert polled["status"] == "completed"


def test_deltas_done_events_and_the_final_object_agree(app: Application) -> None:
    events = background(app).events
    said = "".join(e["delta"] for e in events if e["type"] == "response.output_text.delta")
    (done,) = (e for e in events if e["type"] == "response.output_text.done")
    message = events[-1]["response"]["output"][-1]
    assert said == done["text"] == message["content"][0]["text"]


def test_foreground_deltas_are_obfuscated_and_background_ones_are_not(app: Application) -> None:
    foreground = [e for e in create(app, stream=True).events if "delta" in e]
    assert all((len(e["delta"]) + len(e["obfuscation"])) % 16 == 0 for e in foreground)
    assert not any("obfuscation" in event for event in background(app).events)


def test_obfuscation_is_left_out_and_put_in_on_demand(app: Application) -> None:
    plain = create(app, stream=True, stream_options={"include_obfuscation": False})
    assert not any("obfuscation" in event for event in plain.events)
    id_ = id_of(background(app))
    path = f"/v1/responses/{id_}?stream=true&include_obfuscation=true"
    noisy = [event for event in ask(app, "GET", path).events if "delta" in event]
    assert all("obfuscation" in event for event in noisy)


def test_the_same_request_again_is_another_response_that_says_the_same(app: Application) -> None:
    first, second = background(app), background(app)
    assert id_of(first) != id_of(second)
    assert first.types == second.types
    assert [e.get("delta") for e in first.events] == [e.get("delta") for e in second.events]


def test_a_request_that_pins_its_seed_gets_the_same_bytes_from_any_simulator() -> None:
    clocks = ManualClock(1_000.0), ManualClock(2_000_000.0)
    answers = [
        background(Application(Options(speed=0), clock), metadata={"seed": "7"}) for clock in clocks
    ]
    assert answers[0].bytes == answers[1].bytes


def test_another_seed_keeps_the_text_and_moves_the_moments() -> None:
    def offsets(seed: str) -> list[float]:
        app = Application(Options(speed=1000))
        id_ = id_of(background(app, metadata={"seed": seed}))
        return list(ask(app, "GET", f"/__sim/responses/{id_}").json["offsets_s"])

    assert offsets("1") == offsets("1")
    assert offsets("1") != offsets("2")


def test_a_cancel_ends_a_silence_at_once() -> None:
    async def scene() -> tuple[list[str | None], float]:
        app = Application(Options(speed=1))
        body = {"model": "sim:silent", "input": "Queens.", "background": True, "stream": True}
        request = Request(method="POST", path="/v1/responses", body=json.dumps(body).encode())
        reply = await app.handle(request)
        assert reply.pieces is not None
        types = [(await anext(reply.pieces)).type for _ in range(2)]
        assert app.cancel(str(reply.address.response_id))
        cancelled = time.monotonic()
        types += [piece.type async for piece in reply.pieces]
        return types, time.monotonic() - cancelled

    types, took = asyncio.run(scene())
    assert types == ["response.created", "response.queued", "response.failed"]
    assert took < 1.5  # the silence itself would last two seconds
