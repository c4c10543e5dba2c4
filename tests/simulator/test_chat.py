"""Chat completions, in the manners of OpenAI and of OpenRouter."""

from typing import Any

import httpx
import pytest

from tests.support.asking import Answer, ask, events_of
from workbench.simulator.app import Application, Options
from workbench.simulator.server import Simulator


@pytest.fixture
def app() -> Application:
    return Application(Options(speed=0))


def create(app: Application, **body: Any) -> Answer:
    asked = {"model": "sim:short", "messages": [{"role": "user", "content": "A cursor?"}], **body}
    return ask(app, "POST", "/v1/chat/completions", asked)


def said(answer: Answer, field: str = "content") -> str:
    deltas = [c["delta"] for chunk in answer.events for c in chunk.get("choices", ())]
    return "".join(delta.get(field) or "" for delta in deltas)


def test_chunks_add_up_to_the_whole_completion(app: Application) -> None:
    streamed, whole = create(app, stream=True), create(app).json
    assert said(streamed) == whole["choices"][0]["message"]["content"]
    assert streamed.events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert streamed.events[-1]["choices"][0]["finish_reason"] == "stop"
    assert streamed.bytes.endswith(b"\n\ndata: [DONE]\n\n")
    assert whole["usage"]["completion_tokens_details"]["reasoning_tokens"] > 0


def test_chunks_are_data_lines_without_event_names(app: Application) -> None:
    for block in create(app, stream=True).bytes.split(b"\n\n")[:-1]:
        assert block.startswith(b"data: ")
        assert b"\n" not in block


def test_usage_is_the_last_chunk_when_asked_for(app: Application) -> None:
    streamed = create(app, stream=True, stream_options={"include_usage": True})
    assert streamed.events[-1]["choices"] == []
    assert streamed.events[-1]["usage"]["total_tokens"] > 0
    assert all(chunk["usage"] is None for chunk in streamed.events[:-1])
    assert all("usage" not in chunk for chunk in create(app, stream=True).events)


def test_tool_calls_stream_in_pieces_and_their_outputs_are_quoted(app: Application) -> None:
    streamed = create(app, model="sim:parallel", stream=True)
    calls: dict[int, dict[str, str]] = {}
    for chunk in streamed.events:
        for piece in chunk["choices"][0]["delta"].get("tool_calls", ()):
            call = calls.setdefault(piece["index"], {"id": piece.get("id", ""), "arguments": ""})
            call["arguments"] += piece["function"]["arguments"]
    assert [call["arguments"] for call in calls.values()][:2] == [
        '{"city":"Lisbon"}',
        '{"city":"Porto"}',
    ]
    assert streamed.events[-1]["choices"][0]["finish_reason"] == "tool_calls"

    message = create(app, model="sim:parallel").json["choices"][0]["message"]
    outputs = [
        {"role": "tool", "tool_call_id": call["id"], "content": f"output {number}"}
        for number, call in enumerate(message["tool_calls"])
    ]
    history = [{"role": "user", "content": "Compare."}, message, *outputs]
    answer = create(app, model="sim:parallel", messages=history).json
    assert "output 0\noutput 1\noutput 2" in answer["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("scenario", "finish"), [("incomplete", "length"), ("refusal", "stop"), ("tools", "tool_calls")]
)
def test_the_finish_reason_tells_the_ending(app: Application, scenario: str, finish: str) -> None:
    streamed = create(app, model=f"sim:{scenario}", stream=True)
    assert streamed.events[-1]["choices"][0]["finish_reason"] == finish
    whole = create(app, model=f"sim:{scenario}").json["choices"][0]
    assert whole["finish_reason"] == finish
    assert (whole["message"]["refusal"] or "") == said(streamed, "refusal")


def test_a_failure_is_an_error_chunk_and_no_end(app: Application) -> None:
    streamed = create(app, model="sim:failed", stream=True)
    assert streamed.events[-1]["error"]["code"] == "server_error"
    assert b"[DONE]" not in streamed.bytes
    assert create(app, model="sim:failed").status == 500


def routed(app: Application, scenario: str, **body: Any) -> Answer:
    metadata = {"scenario": scenario, **body.pop("metadata", {})}
    return create(app, model="lisbon/ferry-1", metadata=metadata, stream=True, **body)


def test_a_router_keeps_the_silence_alive_with_comments(app: Application) -> None:
    streamed = routed(app, "silent", metadata={"speed": "400"})
    assert streamed.bytes.startswith(b": OPENROUTER PROCESSING\n\n")
    assert streamed.bytes.count(b": OPENROUTER PROCESSING\n\n") > 30
    assert all(piece.sequence is None for piece in streamed.pieces if piece.data[:1] == b":")


def test_a_router_streams_reasoning_and_counts_at_the_end(app: Application) -> None:
    streamed = routed(app, "short")
    assert said(streamed, "reasoning").startswith("**Choosing an image**")
    last = streamed.events[-1]
    assert (last["provider"], last["choices"][0]["native_finish_reason"]) == ("Workbench", "stop")
    assert last["usage"]["total_tokens"] > 0
    assert not any("obfuscation" in chunk for chunk in streamed.events)


def test_a_router_reports_an_error_in_the_middle_and_then_ends(app: Application) -> None:
    streamed = routed(app, "failed")
    assert streamed.events[-1]["error"]["code"] == 502
    assert streamed.events[-1]["choices"][0]["finish_reason"] == "error"
    assert streamed.bytes.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("kind", ["error", "failed"])
def test_a_chat_stream_fails_where_the_fault_says(kind: str) -> None:
    with Simulator(speed=0) as simulator:
        body = {
            "model": "sim:short",
            "messages": [{"role": "user", "content": "Hello."}],
            "stream": True,
            "metadata": {"faults": f"{kind}@event:6"},
        }
        answer = httpx.post(f"{simulator.base_url}/chat/completions", json=body)
    chunks = events_of(answer.content)
    assert ["error" in chunk for chunk in chunks] == [False] * 6 + [True]
    assert "[DONE]" not in answer.text


@pytest.mark.parametrize("speed", [0, 50])
def test_an_answer_in_one_piece_fails_too_and_the_truth_agrees(speed: float) -> None:
    with Simulator(speed=speed) as simulator:
        asked = {"model": "sim:short", "metadata": {"faults": "error@event:6"}}
        chat = {**asked, "messages": [{"role": "user", "content": "Hello."}]}
        refused = httpx.post(f"{simulator.base_url}/chat/completions", json=chat)
        answer = httpx.post(f"{simulator.base_url}/responses", json={**asked, "input": "Hello."})
        truth = simulator.base_url.removesuffix("/v1") + "/__sim/responses/" + answer.json()["id"]
        final = httpx.get(truth).json()["final"]
    assert (refused.status_code, refused.json()["error"]["code"]) == (500, "server_error")
    assert (answer.json()["status"], final["status"]) == ("failed", "failed")


def test_a_routed_chat_stream_can_fail_at_a_time() -> None:
    with Simulator(speed=20) as simulator:
        body = {
            "model": "lisbon/ferry-1",
            "messages": [{"role": "user", "content": "Hello."}],
            "stream": True,
            "metadata": {"scenario": "planner", "faults": "error@500ms"},
        }
        answer = httpx.post(f"{simulator.base_url}/chat/completions", json=body)
    chunks = events_of(answer.content)
    assert 1 < len(chunks) < 1500
    assert chunks[-1]["error"]["code"] == 502
    assert answer.text.endswith("data: [DONE]\n\n")


def test_a_server_can_have_the_manners_of_a_router() -> None:
    app = Application(Options(speed=0, manners="openrouter"))
    assert "provider" in create(app, stream=True).events[0]


def test_a_chat_completion_is_no_response(app: Application) -> None:
    id_ = create(app).json["id"]
    assert ask(app, "GET", f"/v1/responses/{id_}").status == 404
    told = ask(app, "GET", f"/__sim/responses/{id_}").json
    assert told["final"]["object"] == "chat.completion"
    assert told["events"][0]["object"] == "chat.completion.chunk"


def test_a_wrong_request_is_refused(app: Application) -> None:
    assert create(app, messages=None).json["error"]["param"] == "messages"
    refused = create(app, model="gemini-9")
    assert refused.status == 404
    assert refused.json["error"]["code"] == "model_not_found"
