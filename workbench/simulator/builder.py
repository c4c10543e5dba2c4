"""Writes a script: deltas, silences and items in order, each with its moment."""

import math
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from workbench.simulator.steps import Step, Timing

__all__ = ["Beat", "Builder", "chunks_of", "tokens_of"]

# About what a model's tokens look like: the white space before, then a short piece of word.
_WORDS = re.compile(r"\s*[^\s]{1,12}|\s+$")


class Beat(NamedTuple):
    """One event without its ids: `item` is the index of the output item it belongs to."""

    at: float  # seconds after the response began to be worked on, at speed 1
    type: str
    fields: Mapping[str, Any]
    item: int | None = None


def tokens_of(text: str) -> int:
    """The simulator's rule: four characters are a token."""
    return math.ceil(len(text) / 4)


def chunks_of(text: str, chunk: str | int) -> Iterator[str]:
    if chunk == "words":
        return (match[0] for match in _WORDS.finditer(text))
    if chunk == "whole":
        return iter((text,))
    size = 1 if chunk == "characters" else int(chunk)
    return (text[start : start + size] for start in range(0, len(text), size))


class Builder:
    """Accumulates the beats of one turn."""

    def __init__(
        self, timing: Timing, rng: random.Random, *, budget: int | None, fails: bool
    ) -> None:
        self.at = timing.first
        self.beats: list[Beat] = []
        self.output: list[dict[str, Any]] = []
        self.characters = 0
        self.reasoning_tokens = 0
        self.thinks = False  # what is said now is counted as reasoning, as a whole
        self.stopped = False  # by a step's `stop` or by the budget: later steps are left out
        self.spent = False  # it was the budget
        self.muted = False  # a failure leaves everything open
        self._timing = timing
        self._rng = rng
        self._budget = budget
        self._fails = fails

    @property
    def status(self) -> str:
        return "incomplete" if self.stopped else "completed"

    @property
    def output_tokens(self) -> int:
        return self.reasoning_tokens + math.ceil(self.characters / 4)

    def silence(self, seconds: float) -> None:
        if seconds:
            jitter = self._timing.jitter * self._rng.uniform(-1, 1)
            self.at += seconds * (1 + jitter)

    def emit(self, type_: str, fields: Mapping[str, Any], item: int | None = None) -> None:
        if not self.muted:
            self.beats.append(Beat(round(self.at, 6), type_, fields, item))

    def open(self, item: dict[str, Any]) -> int:
        """Begin an output item; its ids are None until it belongs to a response."""
        index = len(self.output)
        self.output.append(item)
        self.emit("response.output_item.added", {"item": item}, index)
        return index

    def close(self, index: int, item: dict[str, Any]) -> None:
        self.output[index] = item
        self.emit("response.output_item.done", {"item": item}, index)

    def deltas(self, type_: str, text: str, step: Step, index: int | None, **fields: Any) -> str:
        """Emit `text` piece by piece; returns what was said before the turn stopped, if it did."""
        pace = self._timing.pace if step.pace is None else step.pace
        burst = step.burst or self._timing.burst
        said = []
        for number, piece in enumerate(chunks_of(text, step.chunk)):
            if (step.stop and number >= step.stop) or self._overdrawn(piece):
                self.stopped = True
                self.muted = self._fails and not self.spent
                break
            if number % burst == 0:
                self.silence(pace * burst)
            self.characters += 0 if self.thinks else len(piece)
            said.append(piece)
            self.emit(type_, {**fields, "delta": piece}, index)
        return "".join(said)

    def _overdrawn(self, piece: str) -> bool:
        if self._budget is None or self.thinks:
            return False
        after = self.reasoning_tokens + math.ceil((self.characters + len(piece)) / 4)
        self.spent = self.spent or after > self._budget
        return self.spent
