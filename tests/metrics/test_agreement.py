"""The optional check against AIPerf reads its raw records right."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.agreement.with_aiperf import TAGS, differences

NS = 1_000_000_000


def record(events: list[tuple[float, dict[str, Any]]]) -> dict[str, Any]:
    return {
        "metadata": {"x_request_id": "a"},
        "start_perf_ns": 5 * NS,
        "payload": {"input": "x"},
        "responses": [
            {
                "perf_ns": round((5 + at) * NS),
                "packets": [
                    {"name": "event", "value": event["type"]},
                    {"name": "data", "value": json.dumps(event)},
                ],
            }
            for at, event in events
        ],
    }


def test_numbers_worked_out_by_hand_agree(tmp_path: Path) -> None:
    text = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0}
    usage = {"output_tokens": 3}
    raw = record([
        (0.1, {"type": "response.created", "response": {"id": "r"}}),
        (0.2, {**text, "delta": "a"}),
        (0.3, {**text, "delta": "b"}),
        (0.5, {**text, "delta": "c"}),
        (0.6, {"type": "response.completed", "response": {"status": "completed", "usage": usage}}),
    ])  # fmt: skip
    metrics: dict[str, Any] = {
        "time_to_first_token": {"value": 200.0},
        "time_to_first_output_token": {"value": 200.0},
        "time_to_second_token": {"value": 100.0},
        "request_latency": {"value": 500.0},
        "inter_token_latency": {"value": 150.0},
        "output_token_throughput_per_user": {"value": 1000 / 150},
        "inter_chunk_latency": {"value": [100.0, 200.0]},
    }
    exported = {"metadata": raw["metadata"], "metrics": metrics}
    (tmp_path / "profile_export_raw.jsonl").write_text(json.dumps(raw), encoding="utf-8")
    (tmp_path / "profile_export.jsonl").write_text(json.dumps(exported), encoding="utf-8")

    compared = list(differences(tmp_path))

    assert [name for name, _, _ in compared] == list(TAGS)
    for name, theirs, ours in compared:
        assert ours == pytest.approx(theirs, abs=1e-9), name
