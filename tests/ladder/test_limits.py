"""Failures 43 to 46: a create is paid for once, waits are obeyed, and nothing is stored unasked."""

import socket
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.support.benches import open_bench
from tests.support.outcomes import carried, causes, ends, facts, modes, survived, waits
from tests.support.raw_server import Asked, Peer
from tests.support.running import in_loop
from tests.support.scripted_provider import (
    ScriptedProvider,
    answers,
    body_of,
    final_of,
    response,
    spoken,
    streams,
)
from tests.support.truths import assert_true_to_the_provider, truth_of
from tests.support.waiting import wait_until
from workbench import Workbench

EVENTS = spoken("Hello ", "there")
BUSY = {"error": {"message": "Slow down.", "type": "requests", "code": "rate_limit_exceeded"}}


@pytest.mark.parametrize(
    "fault",
    ["reset@create@request", "cut@create@headers", "500@create", "502@create", "504@create"],
)
def test_43_a_create_of_which_nobody_knows_whether_it_was_accepted_is_not_repeated(
    wb: Workbench, fault: str
) -> None:
    run = wb.start("Go", scenario="short", faults=fault).wait(20)

    assert (run.status, modes(run), ends(run)) == ("interrupted", ["create"], 1)
    assert run.error is not None
    assert run.error["code"] == "unknown_outcome"
    assert truth_of(wb, "creates")["total"] == (1 if "headers" in fault else 0)


@pytest.mark.parametrize("fault", ["429(retry-after=0)@create#1-2", "503(retry-after=0)@create"])
def test_43_a_create_that_was_refused_at_the_door_is_sent_again(wb: Workbench, fault: str) -> None:
    run = survived(wb, fault)

    assert set(causes(run)) == {"status"}
    assert set(modes(run)) == {"create"}
    assert truth_of(wb, "creates")["total"] == 1


def test_43_a_create_that_never_left_is_sent_again(wb: Workbench) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens: connections are refused
        base_url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        run = wb.start("Go", provider="openai", model="m", base_url=base_url)
        wait_until(lambda: len(modes(run)) > 2, "the third attempt")
        run.cancel()
        run.wait(20)

    assert set(modes(run)) == {"create"}
    assert set(causes(run)) <= {"connect", "cancel"}
    assert all(fact["accepted"] is False for fact in facts(run, "attempt.interrupted")[:2])
    assert waits(run, "backoff")
    assert run.status == "cancelled"


def test_43_how_long_nobody_is_waited_for_is_said_by_the_run(wb: Workbench) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        base_url = f"http://127.0.0.1:{nobody.getsockname()[1]}/v1"
        run = wb.start("Go", provider="openai", model="m", base_url=base_url, lost_after_s=0.5)
        run.wait(10)

    took_s = run.entries()[-1].at - run.entries()[0].at
    assert run.status == "failed"
    assert 0.5 <= took_s < 3.0, "the bench itself would have gone on for three seconds"
    assert "without anything new" in (run.error or {})["message"]


def test_43_the_same_key_is_the_same_run(wb: Workbench) -> None:
    runs = {wb.start("Go", scenario="short", key="once").wait(20).id for _ in range(3)}

    assert len(runs) == 1
    assert truth_of(wb, "creates")["total"] == 1


@pytest.mark.parametrize("fault", ["cut@created", "reset@headers", "end@created"])
def test_44_an_answer_that_broke_before_its_id_is_not_paid_for_again_unasked(
    wb: Workbench, fault: str
) -> None:
    run = wb.start("Go", scenario="short", faults=fault).wait(20)

    assert (run.status, modes(run)) == ("interrupted", ["create"])
    assert run.error is not None
    assert run.error["code"] == "unknown_outcome"
    assert truth_of(wb, "creates")["total"] == 1


@in_loop
async def test_44_only_who_asked_for_it_pays_again(wb: Workbench) -> None:
    async with ScriptedProvider(
        creates=[streams(ends="cut"), streams(body_of(EVENTS))],
        polls=[answers(200, final_of(EVENTS))],
    ) as server:
        run = await carried(wb, server, on_lost="regenerate")

        assert len(server.asked("create")) == 2
    assert (run.status, run.text) == ("completed", "Hello there")
    assert modes(run) == ["create", "restart"]


def test_44_a_response_that_was_created_without_a_stream_is_only_polled(wb: Workbench) -> None:
    run = survived(wb, None, transport="poll", speed=10)

    assert set(modes(run)) == {"create", "poll"}
    assert facts(run, "filled")[0]["reason"] in {"poll", "sync"}


def _http_date(seconds: float) -> str:
    return formatdate(time.time() + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("Retry-After: 1", 1.0, 1.1),
        ("Retry-After: 0.4", 0.4, 0.6),
        ("retry-after-ms: 300", 0.3, 0.6),
        ("retry-after-ms: 0", 0.0, 0.6),
        ("Retry-After: 0", 0.0, 0.6),
        ("X-Nothing: said", 0.0, 0.6),
        ("a date", 0.5, 2.3),
    ],
)
@in_loop
async def test_45_every_way_of_asking_to_wait_is_obeyed(
    wb: Workbench, header: str, least: float, most: float
) -> None:
    async def refuse(peer: Peer, asked: Asked) -> None:
        said = f"Retry-After: {_http_date(2)}" if header == "a date" else header
        await answers(429, BUSY, more=f"{said}\r\n")(peer, asked)

    async with ScriptedProvider(creates=[refuse, streams(body_of(EVENTS))]) as server:
        run = await carried(wb, server)

        assert len(server.asked("create")) == 2
    assert (run.status, run.text) == ("completed", "Hello there")
    assert len(waits(run, "rate_limit")) == 1
    assert least <= waits(run, "rate_limit")[0] <= most


@in_loop
async def test_45_a_wait_of_hours_ends_the_run_with_a_sentence(wb: Workbench) -> None:
    refused = answers(429, BUSY, more="Retry-After: 36000\r\n")
    async with ScriptedProvider(creates=[refused]) as server:
        run = await carried(wb, server)

        assert len(server.asked("create")) == 1
    assert (run.status, waits(run, "rate_limit")) == ("failed", [])
    assert run.error is not None
    assert "10 hours" in run.error["message"]


@in_loop
async def test_45_an_account_without_money_is_not_asked_again(wb: Workbench) -> None:
    said = {"message": "You exceeded your current quota.", "code": "insufficient_quota"}
    async with ScriptedProvider(creates=[answers(429, {"error": said})]) as server:
        run = await carried(wb, server)

        assert len(server.asked("create")) == 1
    assert run.status == "failed"


@in_loop
async def test_45_a_limit_inside_a_stream_is_a_failure_of_the_response(wb: Workbench) -> None:
    said = {"code": "rate_limit_exceeded", "message": "Please try again in 6.57s."}
    events = [
        *EVENTS[:4],
        {"type": "error", "sequence_number": 4, "error": {**said, "headers": {"x": "1"}}},
        {
            "type": "response.failed",
            "sequence_number": 5,
            "response": response("failed", error=said),
        },
    ]
    async with ScriptedProvider(creates=[streams(body_of(events))]) as server:
        run = await carried(wb, server)

        assert len(server.asked("create")) == 1
    assert (run.status, run.error) == ("failed", said)
    assert waits(run, "rate_limit") == []


def test_45_a_limit_on_resumes_and_polls_is_waited_out(wb: Workbench) -> None:
    run = survived(wb, "cut@event:10; 429(retry-after=0.2)@resume; expire@resume#2")

    assert modes(run) == ["create", "resume", "resume", "poll"]
    assert waits(run, "rate_limit")[0] >= 0.2


@pytest.mark.parametrize(("store", "sent"), [(None, True), (False, False), (True, True)])
def test_46_storing_is_a_setting_and_background_is_a_choice(
    tmp_path: Path, store: bool | None, sent: bool
) -> None:
    @in_loop
    async def send() -> None:
        with open_bench(tmp_path, store=store, openai_api_key="any") as wb:
            async with ScriptedProvider(
                creates=[streams(body_of(EVENTS))], polls=[answers(200, final_of(EVENTS))]
            ) as server:
                await carried(wb, server)
                await carried(wb, server, transport="stream")
                background, foreground = (one.json for one in server.asked("create"))

        assert (background["background"], background["store"]) == (True, sent)
        assert "background" not in foreground
        assert foreground.get("store") is store

    send()


def test_46_where_background_is_off_by_default_nothing_runs_in_it(tmp_path: Path) -> None:
    with open_bench(tmp_path, transport="stream", simulator_speed=0.0) as wb:
        run = wb.start("Go", scenario="short").wait(20)

        assert run.info.request.transport == "stream"
        assert_true_to_the_provider(wb, run)
