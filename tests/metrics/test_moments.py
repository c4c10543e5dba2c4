import pytest

from tests.metrics.handmade import HandMade, plain
from workbench.metrics import measure


def reasoning_then_tool_then_text() -> HandMade:
    run = HandMade(accepted=-0.25).start(0.0).connected(0.05).created(0.1)
    run.event(0.2, "response.output_item.added", item={"type": "reasoning"})
    run.piece(0.3, "Let me see", "summary")
    run.piece(0.5, '{"city":', "tool")
    run.piece(0.7, "Lisbon")
    return run.completed(0.9).ended(0.9).closed(1.0)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("queued_s", 0.25),
        ("headers_s", 0.05),
        ("first_event_s", 0.1),
        ("created_s", 0.1),
        ("first_sign_s", 0.3),
        ("first_reasoning_s", 0.3),
        ("first_summary_s", 0.3),
        ("first_tool_argument_s", 0.5),
        ("first_text_s", 0.7),
        ("done_s", 0.9),
        ("ended_s", 1.0),
        ("reasoning_s", 0.3),
    ],
)
def test_each_moment_is_counted_from_the_first_request(name: str, seconds: float) -> None:
    assert measure(reasoning_then_tool_then_text().entries)[name] == pytest.approx(seconds)


def test_an_empty_delta_is_no_sign_of_life() -> None:
    run = HandMade().start(0.0).created(0.1).piece(0.2, "").piece(0.4, "Hi").completed(0.5)
    assert measure(run.entries)["first_sign_s"] == pytest.approx(0.4)
    assert measure(run.entries)["first_text_s"] == pytest.approx(0.4)


def test_a_tool_call_that_appears_is_a_sign_of_life() -> None:
    run = HandMade().start(0.0).created(0.1)
    run.event(0.2, "response.output_item.added", item={"type": "web_search_call"})
    assert measure(run.entries)["first_sign_s"] == pytest.approx(0.2)
    assert measure(run.entries)["first_tool_argument_s"] is None


def test_a_message_item_alone_is_no_sign_of_life() -> None:
    run = HandMade().start(0.0).created(0.1)
    run.event(0.2, "response.output_item.added", item={"type": "message"})
    assert measure(run.entries)["first_sign_s"] is None


def test_a_run_that_was_not_streamed_has_no_first_text_and_still_a_done() -> None:
    run = HandMade("sync").start(0.0).connected(2.0)
    run.event(2.0, "response.created", filled=True, response={"id": "resp_1"})
    run.event(2.0, "response.output_text.delta", filled=True, delta="All at once")
    run.completed(2.0, filled=True, output_tokens=3).ended(2.0, bytes=300).closed(2.0)
    metrics = measure(run.entries)
    for name in ("first_event_s", "created_s", "first_sign_s", "first_text_s", "gap_p50_s",
                 "output_s", "characters_per_s", "answer_tokens_per_s"):  # fmt: skip
        assert metrics[name] is None, name
    assert metrics["done_s"] == pytest.approx(2.0)
    assert metrics["characters"] == len("All at once") == metrics["filled_characters"]
    assert metrics["end_to_end_tokens_per_s"] == pytest.approx(1.5)


def test_a_refused_request_does_not_count_as_headers() -> None:
    run = HandMade().start(0.0).connected(0.1, status=429).interrupted(0.1, "status")
    run.start(0.5).connected(0.6)
    assert measure(run.entries)["headers_s"] == pytest.approx(0.6)


def test_a_restart_measures_the_new_response_from_the_first_request() -> None:
    run = HandMade().start(0.0).created(0.1).piece(0.2, "lost words").interrupted(0.3)
    run.start(0.5, "restart")
    run.sequence = 0
    run.created(0.6).piece(0.8, "kept").completed(0.9).closed(0.9)
    metrics = measure(run.entries)
    assert metrics["first_text_s"] == pytest.approx(0.8)
    assert metrics["characters"] == len("kept")


def test_nothing_is_zero_before_anything_happened() -> None:
    metrics = measure([])
    assert all(value in (None, 0) for value in metrics.values())
    assert [name for name in metrics if name.endswith("_s") and metrics[name] == 0] == [
        "waited_s",
        "outage_s",
        "burst_s",
    ]


def test_a_run_still_going_has_the_moments_it_has_reached() -> None:
    metrics = measure(plain().entries[:6])
    assert metrics["first_text_s"] == pytest.approx(0.5)
    assert metrics["done_s"] is None
    assert metrics["ended_s"] is None
