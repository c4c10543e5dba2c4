"""What screens draw, from plain numbers."""

from typing import Any

from workbench.views import comparison, labgrid


def lane(**moments: float | None) -> dict[str, Any]:
    return comparison.lane(
        label="stream", transport="stream", moments=moments, reader=None, completed=1, failed=0
    )


def test_phases_follow_each_other_without_a_hole() -> None:
    phases = lane(first_sign_s=0.4, first_reasoning_s=0.5, first_text_s=2.0, done_s=5.0)["phases"]
    assert phases == [
        {"kind": "wait", "from": 0.0, "to": 0.5},
        {"kind": "think", "from": 0.5, "to": 2.0},
        {"kind": "write", "from": 2.0, "to": 5.0},
    ]


def test_a_lane_that_streams_nothing_waits_until_it_is_done() -> None:
    drawn = lane(first_sign_s=None, first_reasoning_s=None, first_text_s=None, done_s=3.0)
    assert drawn["phases"] == [{"kind": "wait", "from": 0.0, "to": 3.0}]
    assert [mark["name"] for mark in drawn["marks"]] == ["sent", "complete"]


def test_a_lane_without_a_completed_run_draws_nothing_and_says_so() -> None:
    drawn = lane(first_sign_s=None, first_reasoning_s=None, first_text_s=None, done_s=None)
    assert drawn["phases"] == drawn["marks"] == []
    text = comparison.text(comparison.drawing([drawn], words_per_minute=238))
    assert "nothing to measure" in text


def test_how_much_sooner_a_reader_is_done_counts_from_the_last_lane() -> None:
    lanes = []
    for ends in (4.0, 7.0):
        reader = {"starts_s": 1.0, "ends_s": ends, "waits_s": 0.0, "saved_s": 0.0}
        moments = {"done_s": 3.0}
        lanes.append(
            comparison.lane(
                label=f"{ends:g}", transport="sync", moments=moments, reader=reader,
                completed=1, failed=0,
            )
        )  # fmt: skip
    drawn = comparison.drawing(lanes, words_per_minute=238)
    assert [each["sooner_s"] for each in drawn["lanes"]] == [3.0, 0.0]
    assert drawn["until_s"] == 7.0


def cell(faults: str, transport: str, reading: str = "fresh", **result: Any) -> dict[str, Any]:
    plan = {"scenario": "short", "faults": faults, "transport": transport, "reading": reading}
    return {**plan, **result}


DONE: dict[str, Any] = {
    "verdict": "fail", "run": "r", "status": "completed", "seconds": 1.0,
    "reasons": ["text: 3 of 4 characters", "once: no"], "command": "workbench lab …",
}  # fmt: skip


def test_a_grid_shows_what_is_pending_what_came_of_it_and_what_cannot_be_met() -> None:
    planned = [cell("none", "sync"), cell("none", "background"), cell("cut@event:4", "background")]
    drawn = labgrid.grid(planned, [cell("none", "background", **DONE)])
    assert drawn["rows"] == ["none", "cut@event:4"]
    assert drawn["columns"] == ["short / sync", "short / background"]
    verdicts = [(each["row"], each["column"], each["verdict"]) for each in drawn["cells"]]
    assert verdicts == [(0, 0, "pending"), (0, 1, "fail"), (1, 0, "skip"), (1, 1, "pending")]
    assert drawn["cells"][1]["sentence"] == "text: 3 of 4 characters; once: no"


def test_a_reading_other_than_the_plain_one_names_its_row() -> None:
    assert labgrid.grid([cell("none", "poll", "two-tabs")])["rows"] == ["two-tabs: none"]


def test_a_grid_can_be_read_in_a_terminal() -> None:
    planned = [cell("none", "sync"), cell("none", "background"), cell("cut@event:4", "background")]
    text = labgrid.text(labgrid.grid(planned, [cell("none", "background", **DONE)]))
    assert text.splitlines() == [
        "               1  2",
        "none           …  ✗",
        "cut@event:4    ·  …",
        "",
        "1 short / sync, 2 short / background",
    ]
