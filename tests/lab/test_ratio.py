"""Measured over real sockets: what transports cost against each other, and against the schedule.

Ratios, never times: a machine with other work makes everything slower alike.
"""

from collections.abc import Iterator

import pytest

from workbench.lab.compare import compare
from workbench.lab.comparison import Comparison
from workbench.lab.truth import Truth
from workbench.service.workbench import Workbench
from workbench.simulator.server import Simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(speed=5, scenario="short") as made:
        yield made


@pytest.fixture(scope="module")
def measured(workbench: Workbench, simulator: Simulator) -> Comparison:
    return compare(workbench, "x", repeat=3, warmup=1, base_url=simulator.base_url)


def median(measured: Comparison, lane: str, metric: str) -> float:
    spread = measured.spread(lane, metric)
    assert spread is not None, f"{lane} has no {metric}"
    return spread.median


def test_nothing_failed(measured: Comparison) -> None:
    assert [measured.failures(lane.label) for lane in measured.lanes] == [{}] * 4


def test_moments_lie_where_the_schedule_puts_them(
    measured: Comparison, simulator: Simulator
) -> None:
    sample = measured.of("stream")[0]
    truth = Truth(simulator.base_url)
    account = truth.response(sample.metrics.trace.response_id or "")
    truth.close()
    assert account is not None
    due = dict(zip((event["type"] for event in reversed(account["events"])),
                   reversed(account["offsets_s"]), strict=True))  # fmt: skip
    whole = due["response.completed"]
    for metric, type_ in (
        ("first_sign_s", "response.reasoning_summary_text.delta"),
        ("first_text_s", "response.output_text.delta"),
    ):
        scheduled = due[type_] / whole
        seen = median(measured, "stream", metric) / median(measured, "stream", "done_s")
        assert seen == pytest.approx(scheduled, abs=0.08), metric


def test_streaming_shows_words_long_before_waiting_does(measured: Comparison) -> None:
    first, done = (median(measured, "stream", name) for name in ("first_text_s", "done_s"))
    assert first / done < 0.65
    assert done / median(measured, "sync", "done_s") == pytest.approx(1, abs=0.15)
    assert measured.spread("sync", "first_text_s") is None


def test_polling_learns_of_the_end_later_than_streaming(measured: Comparison) -> None:
    assert median(measured, "poll", "done_s") >= 0.97 * median(measured, "background", "done_s")
    assert median(measured, "poll", "requests") > median(measured, "background", "requests")
    assert median(measured, "poll", "bytes_received") < median(measured, "stream", "bytes_received")


def test_every_lane_says_the_same_text_and_a_reader_is_done_sooner_when_it_streams(
    measured: Comparison,
) -> None:
    lengths = {median(measured, lane.label, "characters") for lane in measured.lanes}
    assert len(lengths) == 1
    stream, sync = measured.reader("stream"), measured.reader("sync")
    assert stream is not None
    assert sync is not None
    assert stream["ends_s"] < sync["ends_s"]
