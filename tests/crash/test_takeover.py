"""A run outlives the process that carries it."""

import time
from pathlib import Path

import pytest

from tests.crash.kills import kill_again_and_again
from tests.support.benches import open_bench
from tests.support.carrier import Carrier
from tests.support.truths import assert_true_to_the_provider
from tests.support.waiting import wait_until

pytestmark = pytest.mark.crash

LEASE_S = 1.0
# A second is the promise, which `workbench bench` measures on an idle machine; this is a busy one.
SLACK_S = 10.0
# Ten seconds: even on a slow machine the run is under way when its carrier is killed.
UNHURRIED = 5.0


def test_another_process_goes_on_with_the_run_of_a_killed_one(tmp_path: Path) -> None:
    with (
        Carrier(tmp_path, lease_s=LEASE_S) as carrier,
        open_bench(tmp_path, lease_s=LEASE_S) as wb,
    ):
        run = wb.run(carrier.start(input="Say it", scenario="planner", speed=UNHURRIED))
        wait_until(lambda: run.cursor > 20, "some entries of the first process")

        carrier.kill()
        killed, cursor = time.time(), run.cursor
        run.wait(120)

        first_new = next(entry for entry in run.entries(cursor) if entry.at > killed)
        assert first_new.at - killed < LEASE_S + SLACK_S
        assert run.status == "completed"
        assert run.state.attempt > 1
        assert_true_to_the_provider(wb, run)


def test_sigterm_hands_the_run_over_at_once(tmp_path: Path) -> None:
    with Carrier(tmp_path, lease_s=30.0) as carrier, open_bench(tmp_path, lease_s=30.0) as wb:
        run = wb.run(carrier.start(input="Say it", scenario="planner", speed=UNHURRIED))
        wait_until(lambda: run.cursor > 20, "some entries of the first process")

        assert carrier.terminate() == 143
        run.wait(120)

        causes = [entry.event.get("cause") for entry in run.entries()]
        assert "handover" in causes
        assert run.status == "completed"
        assert_true_to_the_provider(wb, run)


@pytest.mark.slow
def test_a_run_whose_carrier_is_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    takeovers = kill_again_and_again(tmp_path, kills=4)

    assert len(takeovers) == 4
