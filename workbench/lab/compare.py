"""The same prompt over several transports, providers or models, measured with one formula.

Runs follow one another, so none disturbs another. Every round runs each lane once, in an order
drawn from the seed, so that neither the first nor the last lane is favoured; warm-up runs are
kept apart. What did not complete is counted by reason and never averaged in.
"""

import random
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from workbench.errors import InvalidSetting
from workbench.events import TRANSPORTS, Entry, Fact, Transport
from workbench.lab.base import Progress, RunLike, WorkbenchLike
from workbench.lab.comparison import Comparison, Lane, Sample
from workbench.metrics import measure
from workbench.metrics.reader import WORDS_PER_MINUTE

__all__ = ["compare", "lanes_of", "rounds_of"]


def compare(
    workbench: WorkbenchLike,
    prompt: str | list[dict[str, Any]],
    *,
    transports: Sequence[Transport] = TRANSPORTS,
    providers: Sequence[str | None] = (None,),
    models: Sequence[str | None] = (None,),
    repeat: int = 5,
    warmup: int = 1,
    seed: int = 0,
    words_per_minute: float = WORDS_PER_MINUTE,
    timeout_s: float = 600.0,
    progress: Progress | None = None,
    **options: Any,
) -> Comparison:
    """Run every lane `repeat` times and say what it measured; options go to `start`."""
    if repeat < 1 or warmup < 0:
        raise InvalidSetting("repeat is at least 1 and warmup at least 0")
    lanes = lanes_of(transports, providers, models)
    rounds = rounds_of(lanes, warmup=warmup, repeat=repeat, seed=seed)
    samples: list[Sample] = []
    total = len(rounds) * len(lanes)
    for number, order in enumerate(rounds, start=1 - warmup):
        for lane in order:
            run = workbench.start(prompt, **{**options, **lane.options})
            sample = _sample(run, lane, number, timeout_s, words_per_minute)
            samples.append(sample)
            if progress:
                progress(len(samples), total, f"{lane.label}: {sample.failure or 'completed'}")
    return Comparison(
        prompt=prompt if isinstance(prompt, str) else "",
        seed=seed,
        words_per_minute=words_per_minute,
        lanes=tuple(lanes),
        samples=tuple(sample for sample in samples if sample.round > 0),
        warmups=tuple(sample for sample in samples if sample.round <= 0),
    )


def lanes_of(
    transports: Sequence[Transport],
    providers: Sequence[str | None] = (None,),
    models: Sequence[str | None] = (None,),
) -> list[Lane]:
    """Every combination, labelled by what tells it apart."""
    if unknown := [t for t in transports if t not in TRANSPORTS]:
        raise InvalidSetting(f"{unknown[0]!r} is no transport; there are {', '.join(TRANSPORTS)}")
    named = (len(set(transports)) > 1, len(set(providers)) > 1, len(set(models)) > 1)
    lanes = []
    for transport, provider, model in dict.fromkeys(product(transports, providers, models)):
        parts = [part for part, tells in zip((transport, provider, model), named, strict=True)
                 if tells and part]  # fmt: skip
        options: dict[str, Any] = {"transport": transport, "provider": provider, "model": model}
        lanes.append(
            Lane(
                label=" · ".join(parts) or transport,
                transport=transport,
                options={name: value for name, value in options.items() if value is not None},
            )
        )
    if not lanes:
        raise InvalidSetting("a comparison needs at least one transport, provider and model")
    return lanes


def rounds_of(lanes: Sequence[Lane], *, warmup: int, repeat: int, seed: int) -> list[list[Lane]]:
    """Each round has every lane once, in an order of its own; the same seed, the same orders."""
    drawn = random.Random(seed)
    return [drawn.sample(list(lanes), len(lanes)) for _ in range(warmup + repeat)]


def _sample(
    run: RunLike, lane: Lane, number: int, timeout_s: float, words_per_minute: float
) -> Sample:
    failure: str | None = None
    try:
        run.wait(timeout_s)
    except TimeoutError:
        run.cancel()
        failure = f"no end within {timeout_s:g} s"
    entries = run.entries()
    metrics = measure(entries)
    return Sample(
        lane=lane.label,
        round=number,
        run=run.id,
        status=run.status,
        failure=failure or _failure(run, lane, entries, metrics.trace.error),
        metrics=metrics,
        reader=metrics.reader(words_per_minute=words_per_minute),
    )


def _failure(
    run: RunLike, lane: Lane, entries: Sequence[Entry], error: Mapping[str, Any] | None
) -> str | None:
    """Why a run says nothing about its lane; None when it does."""
    if run.status != "completed":
        code = (error or {}).get("code")
        return f"{run.status}: {code}" if code else run.status
    for entry in entries:
        event = entry.event
        if event.get("type") == Fact.ADAPTED and event.get("wanted") == lane.transport:
            return f"used {event.get('used')} instead of {lane.transport}"
    return None
