import pytest
from hypothesis import given, strategies as st

from tests.metrics.handmade import START, HandMade, cut_and_resumed, plain
from workbench.metrics import measure
from workbench.metrics.gaps import bursts, gaps, stalls
from workbench.metrics.percentiles import percentile, sampled


def test_gaps_are_the_times_between_consecutive_pieces() -> None:
    metrics = measure(plain(pieces=11, every=0.1).entries)
    assert gaps(metrics.trace) == pytest.approx([0.1] * 10)
    assert metrics["gap_p50_s"] == pytest.approx(0.1)
    assert metrics["gap_max_s"] == pytest.approx(0.1)


def test_percentiles_interpolate_between_closest_ranks() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.5
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.9) == pytest.approx(3.7)
    assert percentile([5.0], 0.99) == 5.0
    assert percentile([], 0.5) is None


@pytest.mark.parametrize(
    ("n", "p", "few"), [(1, 0.5, True), (2, 0.5, False), (9, 0.9, True), (10, 0.9, False),
                        (99, 0.99, True), (100, 0.99, False)],
)  # fmt: skip
def test_a_percentile_with_no_sample_beyond_it_is_marked(n: int, p: float, few: bool) -> None:
    assert sampled([0.1] * n, p).few is few


def test_too_few_samples_are_named_in_the_result() -> None:
    metrics = measure(plain(pieces=11).entries)
    assert "gap_p99_s" in metrics.few
    assert "gap_p90_s" not in metrics.few
    assert metrics.samples["gap_p99_s"] == 10
    assert metrics.to_dict()["few_samples"] == sorted(metrics.few)


def test_a_stall_is_a_gap_over_a_second() -> None:
    run = HandMade().start(0.0).created(0.1)
    for at in (0.5, 0.6, 2.6, 2.7, 3.6):
        run.piece(at, "word ")
    metrics = measure(run.entries)
    assert metrics["stall_count"] == 1
    assert metrics["stalled_s"] == pytest.approx(2.0)
    assert metrics["stalled_share"] == pytest.approx(2.0 / 3.1)
    assert stalls(metrics.trace, over_s=0.5) == pytest.approx([0.9, 2.0])


def test_a_gap_between_reasoning_and_text_is_no_gap_of_the_text() -> None:
    run = HandMade().start(0.0)
    run.piece(0.1, "hm", "summary").piece(0.2, "hm", "summary")
    run.piece(5.0, "So").piece(5.1, " it").piece(5.2, " is")
    metrics = measure(run.entries)
    assert metrics["gap_max_s"] == pytest.approx(4.8)
    assert metrics["text_gap_p99_s"] == pytest.approx(0.1)


def test_the_outage_and_the_catch_up_burst_enter_no_gap() -> None:
    metrics = measure(cut_and_resumed().entries)
    assert gaps(metrics.trace) == pytest.approx([0.1] * 4)
    (burst,) = bursts(metrics.trace)
    assert (burst.events, burst.attempt) == (3, 2)
    assert metrics["burst_events"] == 3
    assert metrics["burst_s"] == pytest.approx(0.01)
    assert metrics["outage_s"] == pytest.approx(0.3)
    assert metrics["recovery_s"] == pytest.approx(0.05)


@given(st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_gaps_of_one_connection_add_up_to_the_output_duration(steps: list[float]) -> None:
    run, at = HandMade().start(0.0), 0.0
    for step in steps:
        at += step
        run.piece(at, "x")
    metrics = measure(run.entries)
    total = run.entries[-1].at - (START + steps[0])
    assert sum(gaps(metrics.trace)) == pytest.approx(total, abs=1e-6)
    assert (metrics["output_s"] or 0.0) == pytest.approx(total, abs=1e-6)
