"""What is broken on purpose while a run goes on leaves no trace in what was received."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from workbench.errors import InvalidFault
from workbench.service import Run, Workbench
from workbench.settings import load_settings


@pytest.fixture
def wb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    settings = load_settings(data=tmp_path / "data", lease_s=1.0, idle_s=1.0)
    with Workbench(settings=settings) as wb:
        yield wb


def started(wb: Workbench) -> Run:
    run = wb.start("Plan", scenario="planner", speed=20)
    wait_until(lambda: run.cursor > 60, "some entries")
    return run


def faults_of(run: Run) -> list[tuple[str, str]]:
    facts = [entry.event for entry in run.entries()]
    return [(one["fault"], one["where"]) for one in facts if one["type"] == "workbench.fault"]


@pytest.mark.parametrize("fault", ["cut", "stall", "expire", "offline 2s"])
def test_a_disturbed_run_loses_nothing(wb: Workbench, fault: str) -> None:
    run = started(wb)
    run.disturb(fault)
    run.wait(timeout=60)
    report = run.seams()
    assert run.status == "completed"
    assert report.equal is True
    assert report.terminal is True
    assert len(report.attempts) > 1, "it was broken"
    assert faults_of(run) == [(fault, "simulator")]


def test_a_runner_that_vanishes_is_replaced_when_its_lease_has_run_out(wb: Workbench) -> None:
    run = started(wb)
    wb.replace_runner()
    run.wait(timeout=60)
    assert run.seams().holds is True
    assert len(run.seams().attempts) > 1


@pytest.mark.parametrize("fault", ["cut", "expire", "offline 1s"])
def test_a_real_provider_is_disturbed_on_our_side_of_the_wire(wb: Workbench, fault: str) -> None:
    run = wb.start(
        "Plan",
        provider="openai",
        base_url=wb.simulator_url(),
        model="sim:planner",
        metadata={"speed": "20"},
    )
    wait_until(lambda: run.cursor > 60, "some entries")
    run.disturb(fault)
    run.wait(timeout=60)
    assert (run.status, run.seams().equal) == ("completed", True)
    assert faults_of(run) == [(fault, "here")]


def test_what_cannot_be_done_on_demand_is_refused(wb: Workbench) -> None:
    run = started(wb)
    with pytest.raises(InvalidFault, match="cannot happen on demand"):
        run.disturb("bom")
    run.cancel()
    run.wait(timeout=20)
    run.disturb("cut")
