"""A stop reaches the provider and keeps what arrived; closing a reader never stops anything."""

from workbench import Workbench


def test_cancel_keeps_what_arrived_and_ends_the_run_once(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon", speed=2)
    for entry in run.follow():
        if entry.event["type"] == "response.output_text.delta":
            break

    run.cancel()
    run.wait(timeout=20)

    assert run.status == "cancelled"
    assert run.text
    assert [entry.event["type"] for entry in run.entries()].count("workbench.run.cancelled") == 1


def test_cancelling_an_ended_run_changes_nothing(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon").wait(20)
    entries = run.entries()

    run.cancel()

    assert run.entries() == entries


def test_closing_a_follower_leaves_the_run_alone(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon")
    with run.follow() as follower:
        next(iter(follower))

    assert run.wait(20).status == "completed"
