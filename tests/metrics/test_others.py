"""Each tool's formula against figures worked out by hand for one reasoning stream.

200 ms to the first of 10 summary pieces, 400 ms to the first of 50 text pieces, 20 ms between
pieces, 60 output tokens of which 10 are reasoning: the truth is 20 ms per token.
"""

import pytest

from tests.metrics.handmade import HandMade
from workbench.metrics import measure
from workbench.metrics.others import OTHERS, other_tools


def reasoning_stream(tokens_per_piece: int = 1) -> HandMade:
    run = HandMade().start(0.0).connected(0.005).created(0.01)
    for i in range(10):
        run.piece(0.2 + i * 0.02, "hm ", "summary")
    step = 0.02 * tokens_per_piece
    for i in range(50 // tokens_per_piece):
        run.piece(0.4 + i * step, "word " * tokens_per_piece)
    last = 0.4 + (50 // tokens_per_piece - 1) * step
    run.event(
        last + 0.001,
        "response.output_text.done",
        text="word " * 50,
        output_index=2,
        content_index=0,
    )
    run.completed(last + 0.002, output_tokens=60, output_tokens_details={"reasoning_tokens": 10})
    return run.ended(last + 0.004, bytes=1).closed(last + 0.005)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aiperf.time_to_first_token", 400.0),  # summaries do not count
        ("aiperf.time_to_first_output_token", 400.0),
        ("aiperf.time_to_second_token", 20.0),
        ("aiperf.request_latency", 1381.0),  # `.done` counts
        ("aiperf.inter_token_latency", 981 / 59),  # 16.6, where the truth is 20
        ("aiperf.output_token_throughput_per_user", 59_000 / 981),
        ("aiperf.inter_chunk_latency", 981 / 50),
        ("vllm.ttft", 400.0),
        ("vllm.e2el", 1380.0),
        ("vllm.tpot", 980 / 59),
        ("vllm.itl", 20.0),
        ("guidellm.time_to_first_token_ms", 200.0),
        ("guidellm.time_to_first_output_token_ms", 400.0),
        ("guidellm.time_per_output_token_ms", 1380 / 60),
        ("guidellm.inter_token_latency_ms", 1180 / 59),
        ("guidellm.request_latency", 1.384),
    ],
)
def test_a_tool_is_quoted_by_its_own_formula(key: str, value: float) -> None:
    measured = other_tools(measure(reasoning_stream().entries).trace)
    assert measured[key] == pytest.approx(value, abs=1e-6)


def test_our_own_rates_come_to_the_truth_where_theirs_do_not() -> None:
    metrics = measure(reasoning_stream().entries)
    assert metrics["answer_tokens_per_s"] == pytest.approx(50)
    assert metrics["output_tokens_per_s"] == pytest.approx(50)
    assert metrics["first_sign_s"] == pytest.approx(0.2)
    assert metrics["first_text_s"] == pytest.approx(0.4)


def test_five_tokens_in_a_piece_change_no_rate_of_ours() -> None:
    metrics = measure(reasoning_stream(tokens_per_piece=5).entries)
    assert metrics["answer_tokens_per_s"] == pytest.approx(50)
    assert metrics["tokens_per_piece"] == pytest.approx(5)
    assert other_tools(metrics.trace)["vllm.itl"] == pytest.approx(100)


def test_a_run_that_was_not_streamed_has_none_of_their_numbers() -> None:
    run = HandMade("sync").start(0.0).connected(1.0)
    run.completed(1.0, filled=True, output_tokens=5).closed(1.0)
    measured = other_tools(measure(run.entries).trace)
    assert set(measured.values()) == {None}


def test_every_definition_states_its_formula() -> None:
    assert all(other.formula.endswith(".") for other in OTHERS.values())
