"""Start a generation, come back to it, read it from any cursor."""

from typing import Any

import pytest

from workbench import Workbench
from workbench.errors import InvalidSetting, UnknownProvider, UnknownRun


def test_start_returns_at_once_and_the_run_goes_on_by_itself(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon")
    assert not run.is_ended

    run.wait(timeout=20)

    assert run.status == "completed"
    assert run.text
    assert run.error is None


def test_following_yields_every_entry_and_ends_after_the_terminal_one(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon")

    entries = list(run.follow())

    assert [entry.cursor for entry in entries] == list(range(1, run.cursor + 1))
    assert entries[0].event["type"] == "workbench.run.created"
    assert entries[-1].event["type"] == "workbench.run.completed"


def test_following_after_a_cursor_continues_exactly_there(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon")
    seen = []
    for entry in run.follow():
        seen.append(entry)
        if len(seen) == 10:
            break  # the reader is closed; the run goes on

    seen += run.follow(after=seen[-1].cursor)

    assert seen == run.entries()


def test_a_run_is_found_again_by_its_id(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon").wait(20)

    assert wb.run(run.id) == run
    assert wb.runs() == [run]
    assert wb.runs(status="completed") == [run]
    assert wb.runs(status=["queued", "failed"]) == []
    with pytest.raises(UnknownRun):
        wb.run("nobody")


def test_the_same_key_is_the_same_run(wb: Workbench) -> None:
    first = wb.start("Plan a week in Lisbon", key="lisbon-1")
    again = wb.start("Plan a week in Lisbon", key="lisbon-1")

    assert again == first
    assert len(wb.runs()) == 1


def test_a_wrong_option_is_refused_before_anything_is_stored(wb: Workbench) -> None:
    with pytest.raises(InvalidSetting, match="'modle'"):
        wb.start("Hello", modle="x")
    with pytest.raises(InvalidSetting, match="input is empty"):
        wb.start("")
    with pytest.raises(InvalidSetting, match="no transport 'smoke'"):
        wb.start("Hello", transport="smoke")
    with pytest.raises(UnknownProvider, match="simulator"):
        wb.start("Hello", provider="nobody")
    with pytest.raises(InvalidSetting, match="The base URL is no address"):
        wb.start("Hello", base_url="http://[")
    with pytest.raises(InvalidSetting, match="lost_after_s is more than 0"):
        wb.start("Hello", lost_after_s=0)
    assert wb.runs() == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("input", ["x"]),
        ("provider", []),
        ("metadata", {"a": 1}),
        ("timeouts", {"idle_s": "soon"}),
        ("speed", True),
        ("lost_after_s", "soon"),
        ("temperature", float("nan")),
        ("speed", float("inf")),
        ("speed", 10**400),
        ("seed", 1.5),
        ("tools", [[]]),
        ("faults", 7),
        ("key", 7),
    ],
)
def test_an_option_of_another_kind_is_refused(wb: Workbench, option: str, value: Any) -> None:
    """Stored, it would break every list that shows the run."""
    with pytest.raises(InvalidSetting, match=f"{option} cannot be"):
        wb.start(**{"input": "Hello", option: value})
    assert wb.runs() == []


def test_an_ended_run_can_be_deleted(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon").wait(20)

    wb.delete(run.id)

    assert wb.runs() == []


def test_old_runs_are_cleaned_away(wb: Workbench) -> None:
    wb.start("Plan a week in Lisbon").wait(20)

    assert wb.clean(older_than=3600) == 0
    assert wb.clean(older_than=0) == 1
    assert wb.stats().runs == 0
