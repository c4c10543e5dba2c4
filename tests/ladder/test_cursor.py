"""Failures 16 to 30: where the provider can continue, and what becomes of a run where it cannot."""

import asyncio
from pathlib import Path

import pytest

from tests.support.benches import open_bench
from tests.support.outcomes import (
    after,
    carried,
    causes,
    ends,
    facts,
    modes,
    survived,
    waits,
)
from tests.support.raw_server import Asked, Peer, chunked, sse_head
from tests.support.running import in_loop
from tests.support.scripted_provider import (
    RESPONSE_ID,
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
from tests.support.waiting import wait_until
from workbench import Workbench

EVENTS = spoken("Hello ", "there ", "you")
TEXT = "Hello there you"


@in_loop
async def test_16_a_resume_after_number_0_is_not_a_resume_from_the_beginning(
    wb: Workbench,
) -> None:
    async with ScriptedProvider(
        creates=[streams(body_of(EVENTS[:1]), ends="cut")],
        resumes=[streams(body_of(EVENTS[1:]))],
        polls=[answers(200, final_of(EVENTS))],
    ) as server:
        run = await carried(wb, server)

        assert [after(asked) for asked in server.asked("resume")] == ["0"]
    assert (run.status, run.text) == ("completed", TEXT)
    assert run.seams().holds is True


def test_16_without_an_id_there_is_nothing_to_resume(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short", faults="cut@created").wait(20)

    assert (run.status, modes(run), ends(run)) == ("interrupted", ["create"], 1)


def test_17_every_resume_starts_after_the_last_event_that_arrived(wb: Workbench) -> None:
    run = survived(wb, "cut@event:10; reset@event:5#2; end@event:7#3")

    started = [fact["starting_after"] for fact in facts(run, "attempt.started")]
    assert started == [None, 9, 14, 21]


@pytest.mark.parametrize(("fault", "twice"), [("repeat", 10), ("repeat(3)", 3)])
def test_18_what_a_server_sends_again_is_dropped_by_its_number(
    wb: Workbench, fault: str, twice: int
) -> None:
    run = survived(wb, f"cut@event:10; {fault}")

    report = run.seams()
    assert report.holds is True
    assert report.duplicates == twice
    assert report.bytes_twice > 0


def test_19_a_gap_is_asked_for_once_more_and_filled(wb: Workbench) -> None:
    run = survived(wb, "gap(2)@event:10")

    assert [fact["action"] for fact in facts(run, "gap")] == ["re-request"]
    assert causes(run) == ["gap"]
    assert run.seams().holds is True


@in_loop
async def test_19_a_gap_that_stays_is_reconciled_with_the_final_object(wb: Workbench) -> None:
    holed = EVENTS[:5] + EVENTS[6:7] + EVENTS[-1:]  # "there " is lost, and all that repeats it
    async with ScriptedProvider(
        creates=[streams(body_of(holed))],
        resumes=[streams(body_of(holed[5:]))],
        polls=[answers(200, final_of(EVENTS))],
    ) as server:
        run = await carried(wb, server)

        assert len(server.asked("resume")) <= 2
    assert [fact["action"] for fact in facts(run, "gap")][:2] == ["re-request", "accept"]
    assert (run.status, run.text) == ("completed", TEXT)
    assert len(facts(run, "filled")) == 1
    assert facts(run, "verified")[0]["equal"] is True
    assert run.seams().repaired == len(facts(run, "repaired")) == 1


def test_20_an_event_that_comes_twice_is_taken_once(wb: Workbench) -> None:
    run = survived(wb, "duplicate(3)@event:10")

    assert run.seams().duplicates == 3
    assert causes(run) == []


def test_20_two_events_that_changed_places_are_put_back(wb: Workbench) -> None:
    run = survived(wb, "reorder@event:10")

    assert run.seams().in_order is True
    assert facts(run, "gap") == []


@in_loop
async def test_20_another_response_in_the_middle_is_not_mixed_in(wb: Workbench) -> None:
    other = [
        {**event, "response": {**event["response"], "id": "resp_other"}}
        if "response" in event
        else event
        for event in spoken("somebody ", "else's")
    ]
    async with ScriptedProvider(
        creates=[streams(body_of(EVENTS[:5]), ends="cut")],
        resumes=[streams(body_of(other))],
        polls=[answers(200, final_of(EVENTS))],
    ) as server:
        run = await carried(wb, server)

    assert causes(run) == ["cut", "identity"]
    assert modes(run) == ["create", "resume", "poll"]
    assert (run.status, run.text) == ("completed", TEXT)


def test_21_a_stream_without_numbers_is_not_resumed_but_polled(wb: Workbench) -> None:
    run = survived(wb, "unnumbered; cut@event:12")

    assert modes(run) == ["create", "poll"]
    assert facts(run, "filled")[0]["characters"] > 0
    assert [entry.cursor for entry in run.entries()] == list(range(1, run.cursor + 1))
    assert run.seams().once is not False


def test_22_a_stream_that_expired_is_polled_and_its_tail_filled_in(wb: Workbench) -> None:
    run = survived(wb, "cut@event:12; expire")

    assert causes(run) == ["cut", "expired"]
    assert modes(run) == ["create", "resume", "poll"]
    filled = facts(run, "filled")[0]
    assert (filled["reason"], filled["characters"] > 0) == ("poll", True)
    assert run.seams().filled_characters == filled["characters"]


def test_22_a_response_that_is_gone_ends_the_run_and_keeps_what_arrived(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short", faults="cut@event:60; gone").wait(20)

    assert (run.status, causes(run)) == ("interrupted", ["cut", "gone", "gone"])
    assert run.error is not None
    assert run.error["code"] == "gone"
    assert run.text
    assert ends(run) == 1
    assert truth_of(wb, f"responses/{run.state.response_id}")["creates"] == 1


@in_loop
async def test_23_a_response_that_was_not_made_for_streaming_is_polled(wb: Workbench) -> None:
    said = "This response cannot be streamed because it was not created with background=true."
    error = {"message": said, "param": "stream", "code": "invalid_request_error"}
    async with ScriptedProvider(
        creates=[streams(body_of(EVENTS[:5]), ends="cut")],
        resumes=[answers(400, {"error": error})],
        polls=[answers(200, final_of(EVENTS))],
    ) as server:
        run = await carried(wb, server)

        assert len(server.asked("resume")) == 1
    assert causes(run) == ["cut", "expired"]
    assert (run.status, run.text) == ("completed", TEXT)


@in_loop
async def test_24_resumes_that_bring_nothing_are_bounded_and_then_polled(wb: Workbench) -> None:
    async with ScriptedProvider(
        creates=[streams(body_of(EVENTS[:5]), ends="cut")],
        resumes=[streams(b": nothing new\n\n")],
        polls=[answers(200, response("in_progress")), answers(200, final_of(EVENTS))],
    ) as server:
        run = await carried(wb, server)

        assert 1 < len(server.asked("resume")) <= 3
        assert len(server.asked("create")) == 1
    assert set(causes(run)) == {"cut", "ended"}
    assert modes(run)[-1] == "poll"
    assert (run.status, run.text) == ("completed", TEXT)


@in_loop
async def test_24_an_attempt_that_brought_something_begins_the_count_again(wb: Workbench) -> None:
    """One event for each connection: as many resumes as events, and never a poll."""
    singles = [streams(frame(event), ends="cut") for event in EVENTS]
    async with ScriptedProvider(
        creates=singles[:1], resumes=singles[1:], polls=[answers(200, final_of(EVENTS))]
    ) as server:
        run = await carried(wb, server)

    assert modes(run) == ["create", *["resume"] * (len(EVENTS) - 1)]
    assert run.seams().holds is True


def test_25_what_only_the_first_event_says_outlives_the_process_that_read_it(
    tmp_path: Path,
) -> None:
    with open_bench(tmp_path, lease_s=0.5) as wb:
        run = wb.start("Go", scenario="short", speed=2)
        wait_until(lambda: run.text, "some text")
        known = (run.state.response_id, run.state.model, run.state.created_at)

        wb.replace_runner()  # as if the process had been killed
        run.wait(20)

        assert (run.state.response_id, run.state.model, run.state.created_at) == known
        assert None not in known
        assert len(facts(run, "response.created")) == 1
        assert_true_to_the_provider(wb, run)


def test_26_of_two_connections_to_one_response_one_writes(tmp_path: Path) -> None:
    with open_bench(tmp_path, lease_s=0.4) as first, open_bench(tmp_path, lease_s=0.4) as second:
        run = first.start("Go", scenario="short", speed=1)
        wait_until(lambda: run.text, "some text")
        first.replace_runner()  # its lease is left to run out; either process may go on
        wait_until(lambda: len(modes(run)) > 1 or run.is_ended, "another connection")
        run.wait(20)

        numbers = [
            entry.event["sequence_number"]
            for entry in run.entries()
            if "sequence_number" in entry.event
        ]
        assert numbers == sorted(set(numbers))
        assert ends(run) == 1
        assert second.run(run.id).text == run.text
        assert_true_to_the_provider(first, run)


def test_27_ids_that_a_gateway_rewrites_do_not_tear_a_run_apart(wb: Workbench) -> None:
    items = survived(wb, "rotate(item); cut@event:40")
    foreground = wb.start("Go", scenario="short", transport="stream", faults="rotate(response)")
    foreground.wait(20)

    assert (foreground.status, causes(foreground), ends(foreground)) == ("completed", [], 1)
    assert foreground.text == items.text
    assert len(foreground.state.outputs) == len(items.state.outputs)


@in_loop
async def test_27_a_base_url_that_cannot_stream_again_is_asked_only_once(wb: Workbench) -> None:
    async with ScriptedProvider(
        creates=[streams(body_of(EVENTS[:5]), ends="cut")],
        resumes=[answers(405, {"detail": "Method Not Allowed"})],
        polls=[answers(200, final_of(EVENTS))],
    ) as server:
        runs = [await carried(wb, server), await carried(wb, server)]

        assert len(server.asked("resume")) == 1
    assert [modes(run) for run in runs] == [["create", "resume", "poll"], ["create", "poll"]]
    assert {(run.status, run.text) for run in runs} == {("completed", TEXT)}


def test_28_polls_that_fail_for_now_are_repeated_and_the_work_is_not(wb: Workbench) -> None:
    run = survived(wb, "503@poll; reset@poll@headers#2; 502@poll#3", transport="poll", speed=3)

    assert set(modes(run)) == {"create", "poll"}
    assert causes(run).count("status") == 2
    assert truth_of(wb, "creates")["total"] == 1


@in_loop
async def test_28_a_provider_says_when_to_ask_again(wb: Workbench) -> None:
    not_yet = answers(200, response("in_progress"), more="openai-poll-after-ms: 321\r\n")
    async with ScriptedProvider(
        creates=[answers(200, response("queued"))],
        polls=[not_yet, answers(200, final_of(EVENTS))],
    ) as server:
        run = await carried(wb, server, transport="poll")

    assert 0.321 in waits(run, "poll")
    assert (run.status, run.text) == ("completed", TEXT)


@in_loop
async def test_28_a_response_that_never_ends_is_given_up(tmp_path: Path) -> None:
    with open_bench(tmp_path, longest_s=0.5, openai_api_key="any") as wb:
        async with ScriptedProvider(
            creates=[answers(200, response("queued"))],
            polls=[answers(200, response("in_progress"))],
        ) as server:
            run = await carried(wb, server, transport="poll")

        assert (run.status, ends(run)) == ("interrupted", 1)
        assert run.error is not None
        assert "unfinished" in run.error["message"]


@in_loop
async def test_29_a_long_queue_is_no_failure(wb: Workbench) -> None:
    async def late(peer: Peer, _: Asked) -> None:
        await peer.send(sse_head(), chunked(body_of(EVENTS[:2])))
        await asyncio.sleep(0.8)  # a silence is what is tested; the idle time is longer
        await peer.send(chunked(body_of(EVENTS[2:])), b"0\r\n\r\n")

    async with ScriptedProvider(creates=[late]) as server:
        run = await carried(wb, server)

    assert (run.status, run.text, causes(run)) == ("completed", TEXT, [])


def test_29_a_queue_longer_than_the_idle_clock_is_waited_for_anew(wb: Workbench) -> None:
    run = survived(wb, "stall@event:2; stall@created#2", timeouts={"idle_s": 0.3})

    assert causes(run) == ["idle", "idle"]
    assert run.seams().holds is True


def test_30_a_foreground_stream_cannot_be_resumed_and_keeps_what_arrived(wb: Workbench) -> None:
    faults = "cut@event:60"
    run = wb.start("Go", scenario="short", transport="stream", faults=faults, speed=5).wait(20)

    assert "resume" not in modes(run)
    assert (run.status, ends(run)) == ("interrupted", 1)
    assert run.text


@in_loop
async def test_30_a_foreground_response_that_ended_before_its_cut_is_fetched(
    wb: Workbench,
) -> None:
    bare = [{k: v for k, v in event.items() if k != "sequence_number"} for event in EVENTS]
    async with ScriptedProvider(
        creates=[streams(body_of(bare[:5]), ends="cut")],
        polls=[answers(200, final_of(EVENTS))],
    ) as server:
        run = await carried(wb, server, transport="stream")

        assert server.asked("poll")[0].line.split(" ")[1].endswith(RESPONSE_ID)
    assert (run.status, run.text, modes(run)) == ("completed", TEXT, ["create", "poll"])
