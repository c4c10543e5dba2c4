"""All benchmarks by name; another one is another line."""

import argparse
import json
import sys
from collections.abc import Iterable

from workbench.bench import gateway, ingest, log, recovery, simulator, wire
from workbench.bench.harness import Benchmark, Row, table

__all__ = ["BENCHMARKS", "main", "measure"]

BENCHMARKS: dict[str, Benchmark] = {
    "append-one": log.append_one,
    "append-segment": log.append_segment,
    "read": log.read_all,
    "read-after": log.read_after,
    "wake": log.wake,
    "decode": wire.decode,
    "partial-json": wire.partial_json,
    "ingest": ingest.ingest,
    "relay": gateway.relay,
    "fan-out": gateway.fan_out,
    "simulator": simulator.simulator,
    "reconnect": recovery.reconnect,
    "takeover": recovery.takeover,
}


def measure(names: Iterable[str] | None = None, *, scale: float = 1.0) -> list[Row]:
    chosen = list(names) if names else list(BENCHMARKS)
    return [row for name in chosen for row in BENCHMARKS[name](scale)]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure the promises about speed.")
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="name")
    parser.add_argument("--json", action="store_true", help="one JSON array instead of a table")
    parser.add_argument("--scale", type=float, default=1.0, help="below 1: fewer and smaller")
    chosen = parser.parse_args(arguments)
    rows = measure(chosen.names, scale=chosen.scale)
    as_json = json.dumps([row.to_dict() for row in rows], indent=1)
    sys.stdout.write((as_json if chosen.json else table(rows)) + "\n")
    return 0
