import pytest

from tests.metrics.handmade import HandMade, cut_and_resumed, plain
from workbench.events import Fact
from workbench.metrics import measure


def test_counts_are_of_what_arrived() -> None:
    metrics = measure(plain(pieces=10).entries)
    assert metrics["events"] == 12
    assert metrics["output_events"] == 10
    assert metrics["characters"] == len("word" + " word" * 9)
    assert metrics["words"] == 10
    assert metrics["filled_characters"] == 0


def test_tokens_come_from_usage_with_reasoning_apart() -> None:
    run = HandMade().start(0.0).piece(0.1, "a").piece(0.2, "b")
    run.completed(
        0.3,
        input_tokens=100,
        input_tokens_details={"cached_tokens": 64},
        output_tokens=50,
        output_tokens_details={"reasoning_tokens": 48},
    )
    metrics = measure(run.entries)
    names = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "answer_tokens")
    assert [metrics[name] for name in names] == [100, 64, 50, 48, 2]


def test_without_usage_no_token_is_counted() -> None:
    metrics = measure(HandMade().start(0.0).piece(0.1, "a").piece(0.2, "b").entries)
    for name in ("output_tokens", "answer_tokens", "answer_tokens_per_s", "output_tokens_per_s",
                 "end_to_end_tokens_per_s", "tokens_per_piece"):  # fmt: skip
        assert metrics[name] is None, name


def test_rates_are_of_what_came_after_the_first_piece() -> None:
    metrics = measure(plain(pieces=11, every=0.1).entries)
    assert metrics["text_s"] == pytest.approx(1.0)
    assert metrics["characters_per_s"] == pytest.approx(50)
    assert metrics["answer_tokens_per_s"] == pytest.approx(11 * (50 / 54) / 1.0)
    assert metrics["output_tokens_per_s"] == pytest.approx(10)
    assert metrics["end_to_end_tokens_per_s"] == pytest.approx(11 / 1.6)
    assert metrics["events_per_s"] == pytest.approx(12 / 1.5)


def test_hidden_reasoning_is_timed_from_the_item_that_opened_it() -> None:
    run = HandMade().start(0.0).created(0.1)
    run.event(1.0, "response.output_item.added", item={"type": "reasoning"})
    run.piece(5.0, "a").piece(6.0, "b")
    run.completed(6.0, output_tokens=101, output_tokens_details={"reasoning_tokens": 99})
    assert measure(run.entries)["output_tokens_per_s"] == pytest.approx(100 / 5)


def test_hidden_reasoning_that_nothing_opened_has_no_rate() -> None:
    run = HandMade().start(0.0).created(0.1).piece(5.0, "a").piece(6.0, "b")
    run.completed(6.0, output_tokens=101, output_tokens_details={"reasoning_tokens": 99})
    metrics = measure(run.entries)
    assert metrics["output_tokens_per_s"] is None
    assert metrics["answer_tokens_per_s"] == pytest.approx(1.0)


def test_text_that_comes_only_in_its_done_event_is_counted_once() -> None:
    run = HandMade().start(0.0).piece(0.1, "ab", output_index=0, content_index=0)
    run.event(0.2, "response.output_text.done", text="abc", output_index=0, content_index=0)
    run.event(0.3, "response.output_text.done", text="defg", output_index=1, content_index=0)
    metrics = measure(run.entries)
    assert metrics["characters"] == 7
    assert metrics["output_events"] == 3


def test_one_request_of_a_chat_provider_is_one_chunk_however_many_events_it_makes() -> None:
    run = HandMade().start(0.0)
    run.event(0.1, "response.created", response={"id": "x"}, chunk={"id": "x"})
    run.event(0.1, "response.output_item.added", item={"type": "message"})
    run.piece(0.1, "Hi", chunk=None)
    run.event(0.2, "response.output_text.delta", delta=" you", chunk={"id": "x"})
    run.add(0.3, Fact.CHUNK, chunk={"id": "x"})
    assert [seen.at - run.entries[0].at for seen in measure(run.entries).trace.seen] == (
        pytest.approx([0.1, 0.1, 0.2, 0.3])
    )


def test_bytes_and_requests_add_up_over_attempts() -> None:
    metrics = measure(cut_and_resumed().entries)
    assert metrics["attempts"] == 3
    assert metrics["requests"] == 3
    assert metrics["interruptions"] == 1
    assert metrics["bytes_received"] == 900
    assert metrics["bytes_twice"] == 60
    assert metrics["duplicates"] == 1
    assert metrics["waited_s"] == pytest.approx(0.2)


def test_every_poll_is_a_request_and_waiting_for_one_is_no_backoff() -> None:
    run = HandMade("poll").start(0.0).connected(0.1).ended(0.1, bytes=100)
    for i in range(1, 4):
        run.add(i - 0.9, Fact.WAITING, reason="poll", seconds=0.9)
        run.start(i, "poll").connected(i + 0.1)
        run.add(i + 0.1, Fact.POLLED, status="in_progress", bytes=200)
        run.ended(i + 0.1, bytes=200)
    metrics = measure(run.entries)
    assert metrics["requests"] == 4
    assert metrics["polls"] == 3
    assert metrics["bytes_received"] == 700
    assert metrics["waited_s"] == 0
    assert metrics["interruptions"] == 0


def test_several_polls_of_one_attempt_are_several_requests() -> None:
    run = HandMade("poll").start(0.0).connected(0.1).ended(0.1, bytes=100).start(1.0, "poll")
    for i in range(3):
        run.add(1.0 + i, Fact.POLLED, status="in_progress", bytes=200)
    assert measure(run.entries)["requests"] == 4


def test_lengths_are_those_of_the_folded_run_whatever_was_repaired() -> None:
    run = HandMade().start(0.0).piece(0.1, "Lis").piece(0.2, "bom")
    text = {"type": "output_text", "text": "Lisbon is it"}
    item = {"type": "message", "content": [text]}
    run.add(0.3, Fact.REPAIRED, reason="x", output_index=2, before=6, after=12)
    run.event(0.3, "response.output_item.done", filled=True, output_index=2, item=item)
    metrics = measure(run.completed(0.3).entries)
    assert metrics["characters"] == len("Lisbon is it")
    assert metrics["words"] == 3
    clock = metrics.reader(words_per_minute=6000)
    assert clock is not None
    assert clock.complete_s == pytest.approx(0.3)
