import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.lab.scripted import ScriptedWorkbench
from tests.metrics.handmade import HandMade, plain
from workbench.errors import InvalidSetting
from workbench.events import TRANSPORTS, Fact
from workbench.lab.compare import compare, lanes_of, rounds_of
from workbench.lab.comparison import Comparison


def at_once(done: float = 2.0) -> HandMade:
    run = HandMade("sync").start(0.0).connected(done)
    run.event(done, "response.output_text.delta", filled=True, delta="word " * 10)
    return run.completed(done, filled=True, output_tokens=10).ended(done).closed(done)


def failed() -> HandMade:
    run = HandMade().start(0.0).interrupted(0.1, "status")
    return run.add(0.1, Fact.RUN_ENDED + "failed", error={"code": "rate_limit", "message": "…"})


def by_transport(options: Mapping[str, Any]) -> HandMade:
    return at_once() if options["transport"] in {"sync", "poll"} else plain(pieces=10, every=0.15)


def compared(**options: Any) -> Comparison:
    return compare(ScriptedWorkbench(by_transport), "x", **options)


def test_every_lane_runs_in_every_round() -> None:
    workbench = ScriptedWorkbench(by_transport)
    result = compare(workbench, "Say it", repeat=3, warmup=2)
    assert len(workbench.started) == (3 + 2) * 4
    for label in TRANSPORTS:
        assert len(result.of(label)) == 3
        assert len([s for s in result.warmups if s.lane == label]) == 2
    assert {start["input"] for start in workbench.started} == {"Say it"}


def test_rounds_are_shuffled_and_the_seed_gives_them_again() -> None:
    lanes = lanes_of(TRANSPORTS)
    orders = rounds_of(lanes, warmup=1, repeat=20, seed=7)
    assert orders == rounds_of(lanes, warmup=1, repeat=20, seed=7)
    assert orders != rounds_of(lanes, warmup=1, repeat=20, seed=8)
    assert all(sorted(o, key=lanes.index) == lanes for o in orders)
    assert len({tuple(lane.label for lane in order) for order in orders}) > 5


def test_a_transport_without_a_moment_has_null_and_not_the_latency() -> None:
    result = compared()
    assert result.spread("sync", "first_text_s") is None
    spread = result.spread("sync", "done_s")
    assert spread is not None
    assert spread.median == pytest.approx(2.0)
    streamed = result.spread("stream", "first_text_s")
    assert streamed is not None
    assert streamed.median == pytest.approx(0.5)
    assert streamed.samples == 5


def test_a_failure_is_counted_by_reason_and_averaged_into_nothing() -> None:
    calls = iter(range(100))

    def every_other(options: Mapping[str, Any]) -> HandMade:
        return failed() if next(calls) % 2 else plain()

    result = compare(ScriptedWorkbench(every_other), "x", transports=["stream"], repeat=4, warmup=0)
    assert result.failures("stream") == {"failed: rate_limit": 2}
    spread = result.spread("stream", "done_s")
    assert spread is not None
    assert (spread.samples, spread.lowest, spread.highest) == (2, *[pytest.approx(1.5)] * 2)
    assert len(result.to_frame()) == 4


def test_a_run_that_does_not_end_is_cancelled_and_counted() -> None:
    workbench = ScriptedWorkbench(lambda _: HandMade().start(0.0))
    result = compare(workbench, "x", transports=["poll"], repeat=1, warmup=0, timeout_s=2)
    assert result.failures("poll") == {"no end within 2 s": 1}
    assert workbench.runs[0].cancelled


def test_a_transport_that_the_provider_lacks_is_no_sample_of_it() -> None:
    def adapted(_: Mapping[str, Any]) -> HandMade:
        run = plain()
        last = run.entries.pop()
        run.add(1.0, Fact.ADAPTED, wanted="poll", used="sync", reason="no background mode")
        run.entries.append(last)
        return run

    result = compare(
        ScriptedWorkbench(adapted), "x", transports=["stream", "poll"], repeat=1, warmup=0
    )
    assert result.failures("poll") == {"used sync instead of poll": 1}
    assert result.failures("stream") == {}


def test_lanes_are_named_by_what_tells_them_apart() -> None:
    lanes = lanes_of(["stream", "sync"], providers=["openai"], models=["a", "b"])
    assert [lane.label for lane in lanes] == ["stream · a", "stream · b", "sync · a", "sync · b"]
    assert lanes[1].options == {"transport": "stream", "provider": "openai", "model": "b"}
    assert [lane.label for lane in lanes_of(["poll"])] == ["poll"]


def test_wrong_input_is_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidSetting, match="'carrier pigeon' is no transport"):
        lanes_of(["carrier pigeon"])  # type: ignore[list-item]
    with pytest.raises(InvalidSetting, match="repeat is at least 1"):
        compared(repeat=0)
    with pytest.raises(InvalidSetting, match="at least one transport"):
        compared(transports=[])


def test_the_result_is_plain_json() -> None:
    data = compared(repeat=2).to_dict()
    assert json.loads(json.dumps(data)) == data
    assert [lane["resumable"] for lane in data["lanes"]] == [False, False, True, True]


def test_the_frame_has_a_row_for_each_sample() -> None:
    frame = compared(repeat=2).to_frame()
    assert len(frame) == 8
    assert frame[frame.lane == "sync"].first_text_s.isna().all()
    assert frame[frame.lane == "stream"].first_text_s.tolist() == pytest.approx([0.5, 0.5])


def test_the_timeline_tells_each_lane_in_words() -> None:
    text = compared(words_per_minute=600).timeline(width=60)
    assert "0 ms sent, 500 ms first sign, 500 ms first words, 2000 ms complete" in text
    assert "2000 ms complete, 3000 ms reader done" in text
    assert "█" in text
    bars = [line for line in text.splitlines()[:-1] if "█" in line or "═" in line]
    assert len(bars) == 6
    assert all(len(line) <= 60 for line in bars)


def test_progress_is_told_after_every_run() -> None:
    told: list[tuple[int, int, str]] = []
    compared(repeat=1, progress=lambda done, total, what: told.append((done, total, what)))
    assert [done for done, _, _ in told] == list(range(1, 9))
    assert {total for _, total, _ in told} == {8}
