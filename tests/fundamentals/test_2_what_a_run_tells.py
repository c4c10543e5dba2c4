"""Text, reasoning, tools, clocks, and one object with all of it."""

import orjson

from workbench import Workbench


def test_a_run_shows_its_reasoning_and_its_text(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon").wait(20)

    assert run.summaries
    assert run.state.text == run.text
    assert run.state.final is not None


def test_metrics_come_with_the_entries(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon").wait(20)

    measured = run.metrics().to_dict()

    assert measured["created_s"] > 0


def test_the_seam_report_of_a_quiet_run_holds(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon").wait(20)

    report = run.seams().to_dict()

    assert report["holds"] is True
    assert len(report["attempts"]) == 1
    assert report["seams"] == []


def test_one_object_holds_what_show_prints(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon", key="k").wait(20)

    shown = orjson.loads(orjson.dumps(run.to_dict()))

    assert shown["id"] == run.id
    assert shown["status"] == "completed"
    assert shown["text"] == run.text
    assert shown["cursor"] == run.cursor
    assert {"provider", "model", "transport", "response_id", "summaries", "tools", "usage"} <= set(
        shown
    )
    assert {"metrics", "seams", "error"} <= set(shown)
    assert run.to_row()["characters"] == len(run.text)


def test_a_dataframe_has_one_row_per_entry(wb: Workbench) -> None:
    run = wb.start("Plan a week in Lisbon").wait(20)

    frame = run.to_dataframe()

    assert len(frame) == run.cursor
    assert list(frame["cursor"]) == list(range(1, run.cursor + 1))
    assert "".join(frame.loc[frame["type"] == "response.output_text.delta", "text"]) == run.text
