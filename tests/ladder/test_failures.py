"""The failures that were seen in the real world, by their numbers in docs/failures.md."""

from typing import Any

import pytest

from tests.support.truths import assert_true_to_the_provider, truth_of
from workbench import Run, Workbench


def ended(wb: Workbench, faults: str, *, scenario: str = "short", **options: Any) -> Run:
    return wb.start("Go", scenario=scenario, faults=faults, **options).wait(30)


def survived(wb: Workbench, faults: str, **options: Any) -> Run:
    """Ended as the provider ended it, with nothing lost and nothing twice."""
    run = ended(wb, faults, **options)
    assert_true_to_the_provider(wb, run)
    assert run.status == "completed"
    return run


def values(run: Run, name: str) -> list[Any]:
    return [entry.event[name] for entry in run.entries() if name in entry.event]


def causes(run: Run) -> list[str]:
    return values(run, "cause")


def kinds(run: Run) -> list[str]:
    return values(run, "type")


def creates(wb: Workbench, run: Run) -> int:
    count: int = truth_of(wb, f"responses/{run.state.response_id}")["creates"]
    return count


@pytest.mark.parametrize("fault", ["cut@event:9", "truncate@event:9", "cut@frame:9"])
def test_1_a_connection_cut_in_the_middle_is_resumed(wb: Workbench, fault: str) -> None:
    assert causes(survived(wb, fault)) == ["cut"]


def test_1_a_connection_reset_is_resumed(wb: Workbench) -> None:
    assert causes(survived(wb, "reset@event:9")) == ["reset"]


def test_2_a_clean_end_without_a_terminal_event_is_an_interruption(wb: Workbench) -> None:
    assert causes(survived(wb, "end@event:9")) == ["ended"]


def test_3_half_an_event_at_a_clean_end_is_thrown_away(wb: Workbench) -> None:
    assert causes(survived(wb, "end@frame:9")) == ["ended"]


def test_4_a_body_that_ends_with_the_connection_is_not_believed(wb: Workbench) -> None:
    assert len(causes(survived(wb, "unframed#1; cut@event:9"))) == 1


@pytest.mark.parametrize("page", ["html", "json"])
def test_5_an_answer_that_is_no_stream_is_not_taken_for_one(wb: Workbench, page: str) -> None:
    run = survived(wb, f"cut@event:9; {page}@resume#1-9")

    assert causes(run) == ["cut", "not_a_stream"]
    assert "workbench.polled" in kinds(run)


def test_6_a_silent_connection_is_left_and_resumed(wb: Workbench) -> None:
    assert causes(survived(wb, "stall@event:9", timeouts={"idle_s": 0.7})) == ["idle"]


def test_7_a_keepalive_uses_up_a_number_and_loses_nothing(wb: Workbench) -> None:
    assert "keepalive" in kinds(survived(wb, "keepalive@event:6; cut@event:12"))


def test_8_comments_are_no_events(wb: Workbench) -> None:
    assert causes(survived(wb, "comments(40)@created")) == []


def test_9_blocks_without_data_are_no_events(wb: Workbench) -> None:
    assert causes(survived(wb, "ping@event:4; retry@event:5; ids")) == []


def test_10_unicode_line_separators_end_no_line(wb: Workbench) -> None:
    assert causes(survived(wb, "split(7)", scenario="unicode")) == []


def test_11_a_character_cut_in_two_is_whole_again(wb: Workbench) -> None:
    run = survived(wb, "cut@character:2; cut@character:3#2", scenario="unicode")
    assert len(causes(run)) == 2


def test_12_lines_may_end_in_any_of_three_ways(wb: Workbench) -> None:
    assert causes(survived(wb, "crlf; split(1)")) == []
    assert causes(survived(wb, "cr; split(3)")) == []


@pytest.mark.slow
def test_13_events_of_megabytes_are_events(wb: Workbench) -> None:
    assert len(survived(wb, "", scenario="huge").text) > 1_000_000


def test_14_a_proxy_that_holds_bytes_back_changes_nothing(wb: Workbench) -> None:
    assert causes(survived(wb, "buffer(100ms)")) == []


def test_16_the_first_event_is_resumed_after_too(wb: Workbench) -> None:
    run = survived(wb, "cut@event:1")
    assert next(after for after in values(run, "starting_after") if after is not None) == 0


def test_17_every_resume_starts_after_the_last_event_that_was_taken(wb: Workbench) -> None:
    run = survived(wb, "cut@event:5#1-4")
    starts = [
        entry.event["starting_after"]
        for entry in run.entries()
        if entry.event["type"] == "workbench.attempt.started"
    ]
    assert starts == [None, 4, 9, 14, 19]


def test_18_what_is_sent_again_is_dropped_and_counted(wb: Workbench) -> None:
    run = survived(wb, "cut@event:9; repeat")
    assert run.seams().to_dict()["duplicates"] == 9


def test_19_a_gap_is_asked_for_once(wb: Workbench) -> None:
    run = survived(wb, "gap(2)@event:9")
    assert values(run, "action") == ["re-request"]


def test_19_a_gap_that_stays_is_recorded_and_the_text_proved_equal(wb: Workbench) -> None:
    run = ended(wb, "gap(3)@event:40; gap(3)@event:1#2")

    assert values(run, "action") == ["re-request", "accept"]
    assert run.status == "completed"
    assert run.seams().to_dict()["equal"] is True


def test_20_events_that_came_twice_or_in_the_wrong_order_are_put_right(wb: Workbench) -> None:
    assert causes(survived(wb, "duplicate(3)@event:5; reorder@event:9; reorder@event:1")) == []


def test_20_ids_that_rotate_event_by_event_are_no_other_response(wb: Workbench) -> None:
    run = ended(wb, "rotate(response)#1; rotate(item)#1")

    assert causes(run) == []
    assert run.status == "completed"


def test_21_a_stream_without_numbers_is_polled_after_a_cut(wb: Workbench) -> None:
    run = ended(wb, "unnumbered; cut@event:30")

    assert "workbench.polled" in kinds(run)
    assert run.status == "completed"
    assert run.seams().to_dict()["equal"] is True


def test_22_a_stream_that_has_expired_is_polled_and_its_tail_filled(wb: Workbench) -> None:
    run = survived(wb, "cut@event:40; expire")

    assert causes(run) == ["cut", "expired"]
    assert run.state.filled > 0


def test_22_a_response_that_is_gone_keeps_what_had_arrived(wb: Workbench) -> None:
    run = ended(wb, "forget@event:60")

    assert run.status == "interrupted"
    assert run.text
    assert run.error is not None


def test_23_a_foreground_stream_is_never_resumed(wb: Workbench) -> None:
    run = ended(wb, "cut@event:60", transport="stream", speed=5)

    assert "resume" not in values(run, "mode")
    assert run.status == "interrupted"
    assert run.text


def test_24_resumes_that_bring_nothing_end_in_polling(wb: Workbench) -> None:
    run = survived(wb, "cut@event:9; end@created#2-9")

    assert causes(run).count("ended") <= 3
    assert "workbench.polled" in kinds(run)


def test_25_what_only_the_first_event_says_is_remembered(wb: Workbench) -> None:
    run = survived(wb, "cut@event:1")
    assert run.state.model is not None
    assert kinds(run).count("response.created") == 1


def test_28_a_poll_that_fails_for_now_is_repeated(wb: Workbench) -> None:
    run = survived(wb, "500@poll#1-2", transport="poll")
    assert causes(run) == ["status", "status"]


def test_29_a_long_queue_is_no_error(wb: Workbench) -> None:
    assert causes(survived(wb, "stall(500ms)@event:2")) == []


def test_31_an_error_before_the_end_is_kept_and_the_end_awaited(wb: Workbench) -> None:
    run = ended(wb, "error@event:60")

    assert run.status == "failed"
    assert {"error", "response.failed"} <= set(kinds(run))
    assert run.text
    assert run.error is not None


def test_33_a_response_that_failed_is_not_paid_for_again(wb: Workbench) -> None:
    run = ended(wb, "failed@event:60", on_lost="regenerate")

    assert run.status == "failed"
    assert creates(wb, run) == 1


def test_34_an_incomplete_response_is_an_end(wb: Workbench) -> None:
    run = ended(wb, "", scenario="incomplete")

    assert run.status == "incomplete"
    assert_true_to_the_provider(wb, run)


def test_35_a_cancel_that_came_too_late_takes_the_whole_text(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short", faults="race@cancel", speed=3)
    next(entry for entry in run.follow() if "delta" in entry.event)

    run.cancel()

    assert run.wait(30).status == "completed"
    assert_true_to_the_provider(wb, run)


def test_36_a_viewer_that_leaves_stops_nothing(wb: Workbench) -> None:
    run = wb.start("Go", scenario="short")
    with run.follow() as follower:
        next(iter(follower))

    assert run.wait(30).status == "completed"


def test_41_unknown_fields_and_events_are_kept(wb: Workbench) -> None:
    run = survived(wb, "fields; unknown@event:5")
    assert run.state.unrecognised


def test_43_a_create_is_sent_again_only_when_it_was_refused_at_the_door(wb: Workbench) -> None:
    assert causes(survived(wb, "429(retry-after=0)@create; 503(retry-after=0)@create#2")) == [
        "status",
        "status",
    ]


def test_44_a_create_of_unknown_outcome_is_not_repeated(wb: Workbench) -> None:
    before = truth_of(wb, "creates")["total"]

    run = ended(wb, "reset@created")

    assert run.status == "interrupted"
    assert run.error is not None
    assert run.error["code"] == "unknown_outcome"
    assert truth_of(wb, "creates")["total"] == before + 1


def test_44_regenerating_is_the_users_choice(wb: Workbench) -> None:
    run = ended(wb, "reset@created", on_lost="regenerate")
    assert "restart" in values(run, "mode")


def test_45_a_limit_with_a_wait_is_shown_and_obeyed(wb: Workbench) -> None:
    run = survived(wb, "429(retry-after-ms=200)@create")

    waits = [e.event for e in run.entries() if e.event["type"] == "workbench.waiting"]
    assert waits[0]["reason"] == "rate_limit"
    assert waits[0]["seconds"] >= 0.2
