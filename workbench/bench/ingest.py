"""From a provider's bytes to a durable log, against the official SDK's loop that stores nothing."""

import time
from collections.abc import Callable
from functools import partial

from openai import OpenAI

from workbench import Workbench
from workbench.bench.children import child
from workbench.bench.harness import ROUNDS, Row, folder, row, settings_for
from workbench.bench.upstream import Plan

__all__ = ["ingest"]

_SDK = "openai SDK: for event in stream"


def ingest(scale: float) -> list[Row]:
    """The whole way of a run: asked for, claimed, streamed, folded, stored and closed."""
    deltas = max(20, int(8000 * scale))
    rows: list[Row] = []
    with (
        folder() as path,
        child("upstream") as upstream,
        Workbench(settings=settings_for(path, upstream.hello)) as wb,
        OpenAI(api_key="none", base_url=upstream.hello, max_retries=0) as sdk,
    ):
        for name, gather in (("one event a chunk", 0), ("16 KB chunks", 16 * 1024)):
            plan = Plan(deltas=deltas, gather=gather)
            rows += _compared(
                f"ingest, {name}", partial(_ours, wb, plan), partial(_theirs, sdk, plan)
            )
    return rows


def _ours(wb: Workbench, plan: Plan) -> int:
    run = wb.start("x", provider="openai", model=plan.model, transport="stream")
    run.wait(60)
    assert run.status == "completed"
    return run.cursor


def _theirs(sdk: OpenAI, plan: Plan) -> int:
    return sum(1 for _ in sdk.responses.create(model=plan.model, input="x", stream=True))


def _compared(name: str, ours: Callable[[], int], theirs: Callable[[], int]) -> list[Row]:
    """Both clocks: what a user waits for, and what is left of a busy machine."""
    ours(), theirs()  # what is done once, neither side is measured by
    rounds = [(_us_each(ours), _us_each(theirs)) for _ in range(ROUNDS)]
    walls = [(mine[0], other[0]) for mine, other in rounds]
    cpus = [(mine[1], other[1]) for mine, other in rounds]
    return [
        row(name, _SDK, walls, unit="us/event", at_least=15),
        row(f"{name}: processor time", _SDK, cpus, unit="us/event", at_least=15),
    ]


def _us_each(work: Callable[[], int]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    number = work()
    seconds, spent = time.perf_counter() - began, time.process_time() - used
    return seconds / number * 1e6, spent / number * 1e6
