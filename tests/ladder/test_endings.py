"""Failures 31 to 42: errors, ends, cancels, and what the final object says."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.benches import open_bench
from tests.support.outcomes import carried, causes, ends, facts, modes, survived
from tests.support.running import in_loop
from tests.support.scripted_provider import (
    ScriptedProvider,
    answers,
    body_of,
    final_of,
    frame,
    response,
    spoken,
    streams,
)
from tests.support.truths import assert_true_to_the_provider, truth_of
from tests.support.waiting import await_until, wait_until
from workbench import Workbench
from workbench.events import Event
from workbench.simulator.app import Application
from workbench.simulator.create import Options
from workbench.simulator.server import Simulator

EVENTS = spoken("Hello ", "there ", "you")
BEGUN = EVENTS[:6]  # up to "Hello there "
TEXT = "Hello there you"
RATE_LIMIT = "Rate limit reached for m: please try again in 6.57s."
DONE = b"data: [DONE]\n\n"


def chunk(delta: dict[str, Any] | None = None, **more: Any) -> bytes:
    """One chat-completion chunk as a frame."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": more.pop("finish", None)}
    said = {"id": "chat_1", "object": "chat.completion.chunk", "created": 1_770_000_000}
    return b"data: %b\n\n" % orjson.dumps({**said, "model": "m", "choices": [choice], **more})


def says(text: str) -> bytes:
    return chunk({"content": text})


SPOKEN = [chunk({"role": "assistant", "content": ""}), says("Hello "), says("there")]
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def failing(error: dict[str, Any], *, nested: bool) -> list[dict[str, Any]]:
    """Half an answer, then an `error` event in one of its two shapes."""
    said = {"type": "error", "sequence_number": len(BEGUN)}
    return [*BEGUN, {**said, "error": error} if nested else {**said, **error}]


def failed(error: dict[str, Any]) -> dict[str, Any]:
    said = {name: error[name] for name in ("code", "message")}
    return {
        "type": "response.failed",
        "sequence_number": len(BEGUN) + 1,
        "response": response("failed", error=said),
    }


def test_31_an_error_event_is_kept_and_the_end_after_it_awaited(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short", faults="error@event:60").wait(20)

    types = [entry.event["type"] for entry in run.entries()]
    assert types.index("error") < types.index("response.failed")
    assert (run.status, ends(run), modes(run)) == ("failed", 1, ["create"])
    assert run.text
    assert run.error is not None
    assert (
        run.error["message"]
        == truth_of(wb, f"responses/{run.state.response_id}")["final"]["error"]["message"]
    )


@pytest.mark.parametrize("nested", [True, False])
@in_loop
async def test_32_errors_are_read_nested_and_flat(wb: Workbench, nested: bool) -> None:
    error = {"code": "rate_limit_exceeded", "message": RATE_LIMIT, "param": None}
    events = [*failing(error, nested=nested), failed(error)]
    async with ScriptedProvider(creates=[streams(body_of(events))]) as server:
        run = await carried(wb, server)

    assert (run.status, run.text) == ("failed", "Hello there ")
    assert run.error == {"code": "rate_limit_exceeded", "message": RATE_LIMIT}
    assert len(facts(run, "error")) == 1


@pytest.mark.parametrize("transport", ["background", "stream"])
@in_loop
async def test_33_a_server_error_in_the_middle_is_never_generated_again_by_itself(
    wb: Workbench, transport: str
) -> None:
    error = {"code": "server_error", "message": "An error occurred (wfr_123)."}
    events = [*failing(error, nested=True), failed(error)]
    async with ScriptedProvider(creates=[streams(body_of(events))]) as server:
        run = await carried(wb, server, transport=transport, on_lost="regenerate")

        assert len(server.asked("create")) == 1
        assert server.asked("resume") == []
    assert (run.status, run.text) == ("failed", "Hello there ")
    assert run.error == error


def test_34_an_incomplete_answer_is_an_end_and_keeps_its_output(wb: Workbench) -> None:
    run = survived(wb, "cut@event:12", scenario="incomplete")

    assert run.status == "incomplete"
    assert run.text
    assert run.state.final is not None
    assert run.state.final["incomplete_details"]["reason"]


@pytest.mark.parametrize("after_cancel", ["failed", "end", "continue"])
def test_35_a_cancel_ends_a_run_however_its_stream_goes_on(
    tmp_path: Path, after_cancel: Any
) -> None:
    application = Application(Options(speed=1, after_cancel=after_cancel))
    with Simulator(application=application) as simulator, open_bench(tmp_path) as wb:
        run = wb.start("Go", scenario="short", base_url=simulator.base_url)
        wait_until(lambda: run.text, "some text")

        run.cancel()
        run.wait(20)

        assert (run.status, ends(run)) == ("cancelled", 1)
        assert run.text, "the provider clears its copy: ours is the only one"


def test_35_a_response_that_completed_before_its_cancel_is_fetched(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short", speed=1, faults="race@cancel")
    wait_until(lambda: run.text, "some text")

    run.cancel()
    run.wait(20)

    assert run.status == "completed"
    assert_true_to_the_provider(wb, run)


@pytest.mark.parametrize("status", [400, 404, 409])
@in_loop
async def test_35_a_cancel_that_is_refused_asks_how_the_response_ended(
    wb: Workbench, status: int
) -> None:
    error = {"message": "Cannot cancel a completed response.", "type": "invalid_request_error"}
    async with ScriptedProvider(
        creates=[streams(body_of(BEGUN), ends="silent")],
        cancels=[answers(status, {"error": error})],
        polls=[answers(200, final_of(EVENTS))],
    ) as server:
        run = wb.start("Go", provider="openai", model="m", base_url=server.base_url)
        await await_until(lambda: run.text == "Hello there ", "some text")
        run.cancel()
        await asyncio.to_thread(run.wait, 20)

    assert (run.status, run.text, ends(run)) == ("completed", TEXT, 1)


def test_36_a_viewer_that_leaves_cancels_nothing(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short", speed=3)
    with run.follow() as follower:
        for entry in follower:
            if entry.event["type"] == "response.output_text.delta":
                break
    run.wait(20)

    assert run.status == "completed"
    assert_true_to_the_provider(wb, run)


def test_36_a_stop_reaches_the_provider_though_the_first_try_fails(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short", speed=1, faults="503@cancel")
    wait_until(lambda: run.text, "some text")

    run.cancel()
    run.wait(20)

    assert run.status == "cancelled"
    assert truth_of(wb, f"responses/{run.state.response_id}")["final"]["status"] == "cancelled"


@pytest.mark.parametrize(
    ("tail", "how"),
    [
        ([chunk(finish="stop"), DONE], "whole"),
        ([chunk(finish="stop")], "whole"),
        ([DONE], "whole"),
        ([chunk(finish="stop")], "cut"),
        ([chunk(finish="stop")], "reset"),
        ([chunk(finish="stop")], "silent"),
        ([chunk(finish="stop"), chunk(usage=USAGE, choices=[]), DONE], "whole"),
        ([chunk(finish="stop"), chunk(usage=USAGE, choices=[])], "cut"),
    ],
    ids="both reason done cut reset silent usage usage-cut".split(),
)
@in_loop
async def test_37_a_finish_reason_or_done_completes_a_chat_answer(
    wb: Workbench, tail: list[bytes], how: Any
) -> None:
    async with ScriptedProvider(chats=[streams(*SPOKEN, *tail, ends=how)]) as server:
        run = await carried(wb, server, provider="chat", timeouts={"idle_s": 0.3})

        assert len(server.asked("chat")) == 1
    assert (run.status, run.text, causes(run)) == ("completed", "Hello there", [])
    if len(tail) > 1 and b"usage" in tail[1]:
        assert run.state.usage is not None
        assert run.state.usage["output_tokens"] == 2


@pytest.mark.parametrize(
    "tail",
    [[], [chunk(finish="")], [chunk(usage=USAGE, choices=[])]],
    ids="none empty usage".split(),
)
@in_loop
async def test_37_without_either_a_chat_answer_was_cut(wb: Workbench, tail: list[bytes]) -> None:
    async with ScriptedProvider(chats=[streams(*SPOKEN, *tail)]) as server:
        run = await carried(wb, server, provider="chat")

        assert len(server.asked("chat")) == 1
    assert (run.status, run.text, causes(run)) == ("interrupted", "Hello there", ["ended"])


@pytest.mark.parametrize(
    ("tail", "status"),
    [
        ([chunk(finish="error", error={"code": 502, "message": "upstream"}), DONE], "failed"),
        (
            [chunk(finish="length"), chunk(error={"code": "400", "message": "upstream"}), DONE],
            "incomplete",
        ),
        ([b'data: {"error":{"code":502,"message":"upstream"}}\n\n'], "failed"),
    ],
    ids=["with a reason", "after a length", "bare"],
)
@in_loop
async def test_38_an_error_in_a_chat_stream_is_no_success(
    wb: Workbench, tail: list[bytes], status: str
) -> None:
    async with ScriptedProvider(chats=[streams(*SPOKEN, *tail)]) as server:
        run = await carried(wb, server, provider="chat", on_lost="regenerate")

        assert len(server.asked("chat")) == 1
    assert (run.status, run.text, ends(run)) == (status, "Hello there", 1)
    assert facts(run, "error")[0]["message"] == "upstream"
    if status == "failed":
        assert run.error is not None
        assert run.error["message"] == "upstream"


@in_loop
async def test_39_an_error_before_the_first_word_is_a_failure_with_its_sentence(
    wb: Workbench,
) -> None:
    overloaded = {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}
    body = b"data: %b\r\n\r\n" % orjson.dumps({"error": overloaded})
    async with ScriptedProvider(chats=[streams(body)]) as server:
        run = await carried(wb, server, provider="chat")

    assert (run.status, run.text) == ("failed", "")
    assert run.error == {"code": "503", "message": "The model is overloaded."}


@in_loop
async def test_39_a_dialect_that_nobody_here_speaks_is_kept_and_never_a_success(
    wb: Workbench,
) -> None:
    part = {"candidates": [{"content": {"parts": [{"text": "Hello"}], "role": "model"}}]}
    body = b"data: %b\r\n\r\n" % orjson.dumps(part)
    async with ScriptedProvider(chats=[streams(body, body)]) as server:
        run = await carried(wb, server, provider="chat")

    assert (run.status, causes(run)) == ("interrupted", ["ended"])
    assert [fact["chunk"] for fact in facts(run, "chunk")] == [part, part]


@pytest.mark.parametrize("stored", [True, False])
@in_loop
async def test_40_an_error_event_before_the_end_of_the_bytes_is_what_the_run_failed_of(
    wb: Workbench, stored: bool
) -> None:
    error = {"type": "overloaded_error", "message": "Overloaded"}
    ping = b'event: ping\ndata: {"type": "ping"}\n\n'
    body = ping + body_of(BEGUN) + ping + frame({"type": "error", "error": error})
    polls = [
        answers(200, response("failed", error={"code": "overloaded", "message": "Overloaded"}))
    ]
    async with ScriptedProvider(
        creates=[streams(body)], polls=polls if stored else [], stores=stored
    ) as server:
        run = await carried(wb, server, transport="stream")

        assert len(server.asked("create")) == 1
        assert server.asked("resume") == []
    assert (run.status, run.text, ends(run)) == ("failed", "Hello there ", 1)
    assert run.error is not None
    assert run.error["message"] == "Overloaded"


def test_41_unknown_events_and_fields_are_kept_and_mean_nothing(wb: Workbench) -> None:
    run = survived(wb, "unknown@event:10; fields; cut@event:20")

    assert sum(run.state.unrecognised.values()) == 1
    assert causes(run) == ["cut"]


@in_loop
async def test_41_what_was_never_heard_of_is_stored_as_it_came(wb: Workbench) -> None:
    odd: Event = {
        "type": "response.reasoning_part.pondered",
        "sequence_number": 2,
        "copilot_usage": {"nano": [1, None, {"é": "\u2028"}]},
    }
    events = [*EVENTS[:2], odd, *EVENTS[2:]]
    events = [event | {"sequence_number": n} for n, event in enumerate(events)]
    async with ScriptedProvider(creates=[streams(body_of(events))]) as server:
        run = await carried(wb, server)

    assert facts(run, odd["type"]) == [odd]
    assert run.state.unrecognised == {odd["type"]: 1}
    assert (run.status, run.text) == ("completed", TEXT)


@in_loop
async def test_42_the_final_object_wins_over_the_deltas_and_says_so(wb: Workbench) -> None:
    last = {**EVENTS[-1], "response": response("completed", "Hello there, you all")}
    events = [*EVENTS[:-1], last]
    async with ScriptedProvider(
        creates=[streams(body_of(events))], polls=[answers(200, final_of(events))]
    ) as server:
        run = await carried(wb, server)

    assert (run.status, run.text) == ("completed", "Hello there, you all")
    repaired = facts(run, "repaired")
    assert [(fact["before"], fact["after"]) for fact in repaired] == [(15, 20)]
    assert run.seams().repaired == 1
    assert facts(run, "filled")[0]["characters"] == 0
    assert facts(run, "verified")[0]["equal"] is True


@in_loop
async def test_42_a_final_event_without_output_takes_nothing_away(wb: Workbench) -> None:
    last = {**EVENTS[-1], "response": response("completed")}
    events = [*EVENTS[:-1], last]
    async with ScriptedProvider(
        creates=[streams(body_of(events))], polls=[answers(200, final_of(EVENTS))]
    ) as server:
        stored = await carried(wb, server)
    async with ScriptedProvider(
        creates=[streams(body_of(events))], polls=[answers(200, final_of(events))]
    ) as server:
        empty = await carried(wb, server)

    assert {(run.status, run.text) for run in (stored, empty)} == {("completed", TEXT)}
    assert facts(stored, "verified")[0]["equal"] is True
    assert facts(empty, "verified")[0]["equal"] is None
