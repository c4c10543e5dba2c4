"""A stop works at any moment, from any process, reaches the provider and ends the run once."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.benches import open_bench
from tests.support.truths import truth_of
from tests.support.waiting import wait_until
from workbench import Run, Workbench


@pytest.fixture
def wb(tmp_path: Path) -> Iterator[Workbench]:
    with open_bench(tmp_path, poll_s=0.5) as bench:
        yield bench


def types(run: Run) -> list[str]:
    return [entry.event["type"] for entry in run.entries()]


def causes(run: Run) -> list[str]:
    return [entry.event["cause"] for entry in run.entries() if "cause" in entry.event]


def assert_cancelled_once(wb: Workbench, run: Run) -> None:
    run.wait(20)
    assert run.status == "cancelled", run.error
    assert types(run).count("workbench.run.cancelled") == 1
    assert types(run).count("workbench.cancel.requested") == 1
    if run.state.response_id:
        assert truth(wb, run)["final"]["status"] == "cancelled"


def truth(wb: Workbench, run: Run) -> dict[str, Any]:
    found: dict[str, Any] = truth_of(wb, f"responses/{run.state.response_id}")
    return found


def test_a_cancel_before_the_first_event_reaches_the_provider(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short", speed=1, faults="stall(300ms)@created")
    wait_until(lambda: "workbench.attempt.connected" in types(run), "an open create")

    run.cancel()

    assert_cancelled_once(wb, run)
    assert run.state.response_id, "the create was let go on until its id was known"


def test_a_cancel_before_anything_was_sent_sends_nothing(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short")
    run.cancel()

    assert_cancelled_once(wb, run)
    if "workbench.attempt.started" not in types(run):
        assert truth_of(wb, "creates")["total"] == 0


def test_a_cancel_in_the_middle_keeps_the_partial_text(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short", speed=1)
    wait_until(lambda: run.text, "some text")

    run.cancel()

    assert_cancelled_once(wb, run)
    assert "A cursor".startswith(run.text[:8])
    assert causes(run) == ["cancel"]


def test_a_cancel_during_a_backoff_does_not_wait_for_its_end(wb: Workbench) -> None:
    run = wb.start(
        "Go", scenario="short", speed=1, faults="cut@event:5; 503(retry-after=60)@resume#1-9"
    )
    wait_until(
        lambda: any(
            entry.event["type"] == "workbench.waiting" and entry.event["seconds"] > 10
            for entry in run.entries()
        ),
        "a long pause",
    )

    run.cancel()

    assert_cancelled_once(wb, run)


def test_a_cancel_while_polling_reaches_the_provider(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short", speed=0.2, transport="poll")
    wait_until(lambda: "workbench.polled" in types(run), "a poll")

    run.cancel()

    assert_cancelled_once(wb, run)


def test_a_cancel_in_the_foreground_closes_the_connection(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short", speed=1, transport="stream")
    wait_until(lambda: run.text, "some text")

    run.cancel()

    run.wait(20)
    assert run.status == "cancelled"
    assert run.text
    wait_until(lambda: truth(wb, run)["ended"], "the provider noticed")


def test_a_cancel_from_another_process_is_heard(tmp_path: Path) -> None:
    with open_bench(tmp_path) as wb, open_bench(tmp_path, runner=False) as elsewhere:
        run = wb.start("Go", scenario="short", speed=1)
        wait_until(lambda: run.text, "some text")

        elsewhere.run(run.id).cancel()

        assert_cancelled_once(wb, run)


@pytest.mark.parametrize("seed", range(6))
def test_a_cancel_that_races_the_end_leaves_one_end_and_no_lie(wb: Workbench, seed: int) -> None:
    chance = random.Random(seed)
    run = wb.start("Go", scenario="short", seed=seed, speed=4)
    at = chance.randrange(4, 26)
    wait_until(lambda: run.cursor >= at or run.is_ended, f"entry {at}")

    run.cancel()
    run.wait(20)

    ends = [kind for kind in types(run) if kind.startswith("workbench.run.")][1:]
    assert len(ends) == 1
    final = truth(wb, run)["final"]
    assert run.status == final["status"]
    if run.status == "completed":
        assert run.seams().to_dict()["equal"] is True
