"""Checks our numbers against AIPerf's own, from the same time stamps. Optional, not a test.

AIPerf is heavy, so it lives in an environment of its own and is not needed for anything else:

    python -m venv aiperf && aiperf/bin/pip install aiperf==0.13.0
    python -m tests.agreement.with_aiperf aiperf/bin/aiperf --tokenizer FOLDER

FOLDER holds any Hugging Face tokenizer; tokens are counted by the simulator's usage. AIPerf
measures the simulator and writes every event it received with the time it received it. Those
become the entries of a run, and what `workbench.metrics` says of them, by AIPerf's formulas,
must be what AIPerf says.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from workbench.events import Entry, Event, Fact
from workbench.metrics import measure
from workbench.metrics.others import other_tools
from workbench.simulator.server import Simulator

# Their tag of what our key `aiperf.…` computes; inter-chunk latency is a list there.
TAGS = (
    "time_to_first_token",
    "time_to_first_output_token",
    "time_to_second_token",
    "request_latency",
    "inter_token_latency",
    "output_token_throughput_per_user",
    "inter_chunk_latency",
)
TOLERANCE = 1e-6  # of a millisecond, or of a token per second


def entries_of(record: dict[str, Any]) -> list[Entry]:
    """One raw record as a run: seconds since the request, exact to the nanosecond."""
    events: list[tuple[float, Event]] = [
        (0.0, {"type": Fact.RUN_CREATED, "request": record["payload"]}),
        (0.0, {"type": Fact.ATTEMPT_STARTED, "attempt": 1, "mode": "create"}),
    ]
    for response in record["responses"]:
        data = next((p["value"] for p in response["packets"] if p["name"] == "data"), None)
        if data and data != "[DONE]":
            at = (response["perf_ns"] - record["start_perf_ns"]) / 1e9
            events.append((at, json.loads(data)))
    return [Entry(cursor, at, event) for cursor, (at, event) in enumerate(events, start=1)]


def differences(folder: Path) -> Iterator[tuple[str, float, float | None]]:
    """Every number AIPerf exported per request, and ours: (name, theirs, ours)."""
    raw = _lines(folder / "profile_export_raw.jsonl")
    theirs = {_request(line): line["metrics"] for line in _lines(folder / "profile_export.jsonl")}
    for record in raw:
        ours = other_tools(measure(entries_of(record)).trace)
        for tag in TAGS:
            if tag in theirs[_request(record)]:
                value = theirs[_request(record)][tag]["value"]
                value = sum(value) / len(value) if isinstance(value, list) else value
                yield tag, value, ours[f"aiperf.{tag}"]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _request(record: dict[str, Any]) -> str:
    return str(record["metadata"]["x_request_id"])


def run_aiperf(aiperf: str, tokenizer: str, scenario: str, requests: int, folder: Path) -> None:
    with Simulator(scenario=scenario, speed=2) as simulator:
        subprocess.run(
            [
                aiperf, "profile", "--model", "sim", "--endpoint-type", "responses", "--streaming",
                "--url", simulator.base_url.removesuffix("/v1"), "--tokenizer", tokenizer,
                "--request-count", str(requests), "--concurrency", "1",
                "--synthetic-input-tokens-mean", "20", "--use-server-token-count",
                "--export-level", "raw", "--artifact-dir", str(folder), "--ui", "none",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("aiperf", help="the aiperf command")
    parser.add_argument("--tokenizer", required=True, help="a folder with a tokenizer")
    parser.add_argument("--scenario", default="short")
    parser.add_argument("--requests", type=int, default=10)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        run_aiperf(asked.aiperf, asked.tokenizer, asked.scenario, asked.requests, Path(folder))
        compared = list(differences(Path(folder)))
    wrong = 0
    for tag in TAGS:
        apart = [
            abs(theirs - ours) if ours is not None else float("inf")
            for name, theirs, ours in compared
            if name == tag
        ]
        wrong += sum(each > TOLERANCE for each in apart)
        most = f"at most {max(apart):.1e} apart" if apart else "not exported"
        sys.stdout.write(f"{tag:36} {len(apart):3} requests, {most}\n")
    sys.exit(1 if wrong or not compared else 0)


if __name__ == "__main__":
    main()
