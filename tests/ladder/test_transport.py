"""Failures 1 to 15: what connections do to bytes."""

import asyncio
import gzip
import re
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.benches import open_bench
from tests.support.outcomes import after, carried, causes, ends, facts, modes, survived
from tests.support.raw_server import Asked, Peer, chunked, sse_head
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
from tests.support.truths import truth_of
from tests.support.waiting import wait_until
from workbench import Workbench

ODD = "\u2028a\u2029b\x85c\x0bd\x0ce\x1cf"


@pytest.mark.parametrize("fault", ["truncate@event:10", "cut@frame:10"])
def test_01_a_cut_in_the_middle_of_a_chunk_resumes_after_the_last_whole_event(
    wb: Workbench, fault: str
) -> None:
    run = survived(wb, fault)

    assert causes(run) == ["cut"]
    assert modes(run) == ["create", "resume"]
    assert facts(run, "attempt.started")[1]["starting_after"] == 8  # nine whole events, from 0
    assert run.seams().holds is True


def test_01_a_reset_in_the_middle_of_an_event_resumes_after_the_last_whole_event(
    wb: Workbench,
) -> None:
    run = survived(wb, "reset@frame:10; reset@frame:5#2")

    assert causes(run) == ["reset", "reset"]
    assert run.seams().holds is True


def test_02_a_clean_end_without_a_terminal_event_is_no_end(wb: Workbench) -> None:
    run = survived(wb, "end@event:10; end@last#2")

    assert causes(run) == ["ended", "ended"]
    assert run.status == "completed"


def test_03_half_an_event_is_never_read(wb: Workbench) -> None:
    run = survived(wb, "end@frame:10")

    assert causes(run) == ["ended"]
    assert facts(run, "garbled") == []
    assert facts(run, "attempt.started")[1]["starting_after"] == 8


@in_loop
async def test_03_an_event_without_its_blank_line_is_not_taken_and_asked_for_again(
    wb: Workbench,
) -> None:
    events = spoken("Hello ", "there")
    stump = body_of(events).rstrip(b"\n")
    tail = body_of(events[-1:])
    async with ScriptedProvider(
        creates=[streams(stump)],
        resumes=[streams(tail)],
        polls=[answers(200, final_of(events))],
    ) as server:
        run = await carried(wb, server)

        assert [after(asked) for asked in server.asked("resume")] == [str(len(events) - 2)]
    assert (run.status, run.text, causes(run)) == ("completed", "Hello there", ["ended"])


def test_04_a_body_that_ends_with_its_connection_is_judged_by_its_terminal_event(
    wb: Workbench,
) -> None:
    whole = survived(wb, "unframed")
    cut = survived(wb, "unframed; end@frame:12#1")

    assert causes(whole) == []
    assert causes(cut) == ["ended"]


@pytest.mark.parametrize("sent", ["html", "json"])
def test_05_a_page_instead_of_a_stream_is_kept_in_the_error_and_nothing_is_paid_twice(
    wb: Workbench, sent: str
) -> None:
    run = wb.start("Go", scenario="short", faults=f"{sent}@create#every").wait(20)

    assert run.status == "interrupted"
    assert causes(run) == ["not_a_stream"]
    assert modes(run) == ["create"]
    assert run.error is not None
    assert re.search("html|json", run.error["message"])
    assert ends(run) == 1


def test_05_a_page_instead_of_a_resumed_stream_leads_to_polling(wb: Workbench) -> None:
    run = survived(wb, "cut@event:10; html@resume#every")

    assert causes(run) == ["cut", "not_a_stream"]
    assert modes(run) == ["create", "resume", "poll"]
    assert facts(run, "filled")[0]["characters"] > 0


@in_loop
async def test_05_a_whole_answer_instead_of_a_stream_is_taken_because_it_is_paid_for(
    wb: Workbench,
) -> None:
    async with ScriptedProvider(
        creates=[answers(200, response("completed", "Hello there"))]
    ) as server:
        run = await carried(wb, server, transport="stream")

        assert len(server.asked("create")) == 1
    assert (run.status, run.text, causes(run)) == ("completed", "Hello there", [])


def test_06_connecting_has_a_clock_of_its_own_and_what_never_left_is_sent_again(
    wb: Workbench,
) -> None:
    with socket.socket() as deaf, ExitStack() as queue:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)  # and never accepts: once its queue is full, connecting takes for ever
        for _ in range(4):
            caller = queue.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        base_url = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1"
        run = wb.start(
            "Go", provider="openai", model="m", base_url=base_url, timeouts={"connect_s": 0.2}
        )
        wait_until(lambda: len(causes(run)) > 1, "two attempts that did not connect")
        run.cancel()
        run.wait(20)

    assert causes(run)[:2] == ["connect", "connect"]
    assert facts(run, "attempt.interrupted")[0]["accepted"] is False


def test_06_a_silent_stream_is_resumed_instead_of_failed(wb: Workbench) -> None:
    run = survived(wb, "stall@event:10", timeouts={"idle_s": 0.3})

    assert causes(run) == ["idle"]
    assert modes(run) == ["create", "resume"]


@in_loop
async def test_06_a_silence_longer_than_all_patience_is_still_resumed(tmp_path: Path) -> None:
    """Patience is for a provider that is away; one that held the connection was there."""
    events = spoken("Hello ", "there")
    silent = streams(body_of(events[:5]), ends="silent")
    with open_bench(tmp_path, lost_after_s=0.1, openai_api_key="any") as wb:
        async with ScriptedProvider(
            creates=[silent],
            resumes=[streams(b": so far nothing", ends="silent"), streams(body_of(events[5:]))],
            polls=[answers(200, final_of(events))],
        ) as server:
            run = await carried(wb, server, timeouts={"idle_s": 0.4})

        assert (run.status, run.text) == ("completed", "Hello there")
        assert causes(run) == ["idle", "idle"]


def test_06_the_wait_for_headers_has_a_clock_of_its_own(wb: Workbench) -> None:
    run = survived(wb, "cut@event:10; stall@resume@headers", timeouts={"headers_s": 0.3})

    assert causes(run) == ["cut", "headers"]


def test_06_a_create_whose_headers_never_come_is_not_sent_again(wb: Workbench) -> None:
    faults = "stall@create@headers#every"
    run = wb.start("Go", scenario="short", faults=faults, timeouts={"headers_s": 0.3}).wait(20)

    assert (run.status, causes(run), modes(run)) == ("interrupted", ["headers"], ["create"])
    assert run.error is not None
    assert run.error["code"] == "unknown_outcome"
    assert truth_of(wb, "creates")["total"] == 1


@in_loop
async def test_06_a_stream_that_only_keeps_itself_alive_is_left_in_the_end(
    tmp_path: Path,
) -> None:
    async def alive(peer: Peer, _: Asked) -> None:
        await peer.send(sse_head(), chunked(body_of(spoken("Hello")[:4])))
        while True:
            await peer.send(chunked(b": still here\n\n"))
            await asyncio.sleep(0.02)  # the pace of a heartbeat, for ever

    with open_bench(tmp_path, longest_s=0.8, openai_api_key="any") as wb:
        async with ScriptedProvider(
            creates=[alive], resumes=[alive], polls=[answers(200, response("in_progress"))]
        ) as server:
            run = await carried(wb, server)

        assert (run.status, ends(run)) == ("interrupted", 1)
        assert run.error is not None
        assert "unfinished" in run.error["message"]


def test_07_a_keepalive_uses_up_a_number_and_is_no_loss(wb: Workbench) -> None:
    run = survived(wb, "keepalive@event:10; cut@event:20")

    assert len(facts(run, "keepalive")) == 1
    assert facts(run, "gap") == []
    assert run.seams().holds is True


@in_loop
async def test_07_a_replay_without_the_keepalive_leaves_a_gap_that_is_explained(
    wb: Workbench,
) -> None:
    events = spoken("Hello ", "there")
    # The fifth number went to a keepalive that this replay does not bring.
    events = [event | {"sequence_number": n + (n > 4)} for n, event in enumerate(events)]
    async with ScriptedProvider(
        creates=[streams(body_of(events[:5]), ends="cut")],
        resumes=[streams(body_of(events[5:]))],
        polls=[answers(200, final_of(events))],
    ) as server:
        run = await carried(wb, server)

    assert [fact["action"] for fact in facts(run, "gap")] == ["re-request", "accept"]
    assert (run.status, run.text) == ("completed", "Hello there")
    assert facts(run, "verified")[0]["equal"] is True
    assert facts(run, "filled") == []


@in_loop
async def test_08_comments_reset_the_idle_clock_and_do_nothing_else(wb: Workbench) -> None:
    events = spoken("Hello")

    async def slowly(peer: Peer, _: Asked) -> None:
        await peer.send(sse_head(), chunked(frame(events[0])))
        for _pause in range(6):
            await asyncio.sleep(0.15)  # 0.9 s in all: more than the idle time
            await peer.send(chunked(b": OPENROUTER PROCESSING\n\n"))
        await peer.send(chunked(body_of(events[1:])), b"0\r\n\r\n")

    async with ScriptedProvider(creates=[slowly]) as server:
        run = await carried(wb, server, timeouts={"idle_s": 0.5})

    assert (run.status, run.text, causes(run)) == ("completed", "Hello", [])
    assert facts(run, "garbled") == []


def test_08_a_storm_of_comments_is_survived(wb: Workbench) -> None:
    assert causes(survived(wb, "comments@created; comments(200)@event:9")) == []


def test_09_blocks_without_data_are_no_events(wb: Workbench) -> None:
    run = survived(wb, "ping@event:3; retry@event:5; ids")

    assert causes(run) == []
    assert facts(run, "garbled") == []


@in_loop
async def test_10_only_cr_and_lf_end_a_line(wb: Workbench) -> None:
    events = spoken("before", ODD, "after")
    async with ScriptedProvider(creates=[streams(body_of(events))]) as server:
        run = await carried(wb, server)

    assert (run.status, run.text) == ("completed", f"before{ODD}after")
    assert causes(run) == []


@in_loop
async def test_11_characters_split_between_chunks_are_whole_whatever_the_charset_says(
    wb: Workbench,
) -> None:
    events = spoken("é", "日本語", "👩‍🚀")
    body = body_of(events)
    latin = sse_head().replace(b"utf-8", b"iso-8859-1")
    pieces = [body[at : at + 1] for at in range(len(body))]
    async with ScriptedProvider(creates=[streams(*pieces, head=latin)]) as server:
        run = await carried(wb, server)

    assert (run.status, run.text) == ("completed", "é日本語👩‍🚀")


def test_11_a_cut_inside_a_character_loses_and_doubles_nothing(wb: Workbench) -> None:
    run = survived(wb, "cut@character:3; reset@character:2#2", scenario="unicode")

    assert causes(run) == ["cut", "reset"]


@pytest.mark.parametrize("fault", ["invalid-utf8", "garble"])
def test_11_bytes_that_are_no_text_are_kept_aside_and_their_event_asked_for_again(
    wb: Workbench, fault: str
) -> None:
    run = survived(wb, f"{fault}@event:10; {fault}@event:30#2")

    assert len(facts(run, "garbled")) <= 2
    assert run.seams().holds is True


@pytest.mark.parametrize("ending", [b"\r\n", b"\r"])
@in_loop
async def test_12_line_ends_may_be_crlf_and_straddle_chunks(wb: Workbench, ending: bytes) -> None:
    events = spoken("Hello ", "there")
    body = body_of(events).replace(b"\n", ending)
    pieces = re.findall(rb"[^\r\n]+\r?|\n\r?|\r", body)
    assert b"".join(pieces) == body
    async with ScriptedProvider(creates=[streams(*pieces)]) as server:
        run = await carried(wb, server)

    assert (run.status, run.text, causes(run)) == ("completed", "Hello there", [])


def test_13_events_of_megabytes_are_taken_whole(wb: Workbench) -> None:
    run = survived(wb, "cut@event:12", scenario="huge")

    assert max(len(repr(entry.event)) for entry in run.entries()) > 1_000_000
    assert run.seams().holds is True


@in_loop
async def test_13_an_event_without_end_is_given_up_and_the_response_polled(wb: Workbench) -> None:
    events = spoken("Hello ", "there")
    endless = [b"data: "] + [b"x" * 2**20] * 65
    async with ScriptedProvider(
        creates=[streams(body_of(events[:5]), *endless, ends="silent")],
        resumes=[streams(body_of(events[5:]))],
        polls=[answers(200, final_of(events))],
    ) as server:
        run = await carried(wb, server)

    assert causes(run) == ["garbled"]
    assert (run.status, run.text) == ("completed", "Hello there")


@in_loop
async def test_14_proxies_are_asked_not_to_gather_and_gathered_bytes_are_read(
    wb: Workbench,
) -> None:
    events = spoken("Hello ", "there")
    packed = gzip.compress(body_of(events))
    head = sse_head(more="Content-Encoding: gzip\r\n")
    async with ScriptedProvider(creates=[streams(packed, head=head)]) as server:
        run = await carried(wb, server)
        headers = server.asked("create")[0].headers

    assert headers["accept"] == "text/event-stream"
    assert headers["cache-control"] == "no-store"
    assert headers["accept-encoding"] == "identity"
    assert (run.status, run.text) == ("completed", "Hello there")


def test_14_what_a_proxy_held_back_arrives_once(wb: Workbench) -> None:
    assert causes(survived(wb, "buffer(300ms)")) == []


@in_loop
async def test_15_http_2_is_never_negotiated_and_a_stream_reset_is_a_reset(wb: Workbench) -> None:
    events = spoken("Hello ", "there")
    async with ScriptedProvider(
        creates=[streams(body_of(events[:5]), ends="reset")],
        resumes=[streams(body_of(events[5:]))],
        polls=[answers(200, final_of(events))],
    ) as server:
        run = await carried(wb, server)
        create = server.asked("create")[0]

    assert create.line.endswith(" HTTP/1.1")
    assert not {"upgrade", "http2-settings"} & create.headers.keys()
    assert (run.status, run.text, causes(run)) == ("completed", "Hello there", ["reset"])
