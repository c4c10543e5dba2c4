"""Runs written by hand, where the right answer is obvious: a few lines, each at its second."""

from typing import Any

from workbench.events import Entry, Event, Fact

START = 1_000_000.0

# Each kind of output in an item of its own.
PLACE = {
    "reasoning": {"output_index": 0, "content_index": 0},
    "summary": {"output_index": 0, "summary_index": 0},
    "tool": {"output_index": 1},
    "text": {"output_index": 2, "content_index": 0},
    "refusal": {"output_index": 2, "content_index": 1},
}

DELTA = {
    "text": "response.output_text.delta",
    "summary": "response.reasoning_summary_text.delta",
    "reasoning": "response.reasoning_text.delta",
    "refusal": "response.refusal.delta",
    "tool": "response.function_call_arguments.delta",
}


class HandMade:
    """Builds entries one after another; `at` is seconds since the first request."""

    def __init__(self, transport: str = "background", accepted: float = 0.0) -> None:
        self.entries: list[Entry] = []
        self.sequence = 0
        self.attempt = 0
        self.bytes = 0
        self.add(accepted, Fact.RUN_CREATED, request={"input": "x", "transport": transport})

    def add(self, at: float, type_: str, **fields: Any) -> "HandMade":
        cursor = len(self.entries) + 1
        self.entries.append(Entry(cursor, START + at, {"type": type_, **fields}))
        return self

    def start(self, at: float, mode: str = "create", after: int | None = None) -> "HandMade":
        self.attempt += 1
        return self.add(
            at, Fact.ATTEMPT_STARTED, attempt=self.attempt, mode=mode, starting_after=after
        )

    def connected(self, at: float, status: int = 200) -> "HandMade":
        return self.add(at, Fact.ATTEMPT_CONNECTED, attempt=self.attempt, status=status)

    def event(self, at: float, type_: str, *, filled: bool = False, **fields: Any) -> "HandMade":
        """A provider event with the next sequence number."""
        event: Event = {"sequence_number": self.sequence, **fields}
        if filled:
            event = {**fields, "workbench": {"filled": True}}
        else:
            self.sequence += 1
        return self.add(at, type_, **event)

    def created(self, at: float) -> "HandMade":
        return self.event(at, "response.created", response={"id": "resp_1", "status": "queued"})

    def piece(self, at: float, text: str, kind: str = "text", **fields: Any) -> "HandMade":
        return self.event(at, DELTA[kind], delta=text, **{**PLACE[kind], **fields})

    def completed(self, at: float, *, filled: bool = False, **usage: Any) -> "HandMade":
        response = {"id": "resp_1", "status": "completed", "usage": usage or None}
        return self.event(at, "response.completed", filled=filled, response=response)

    def ended(self, at: float, **counts: int) -> "HandMade":
        return self.add(at, Fact.ATTEMPT_ENDED, attempt=self.attempt, **counts)

    def interrupted(self, at: float, cause: str = "cut", **counts: int) -> "HandMade":
        return self.add(
            at,
            Fact.ATTEMPT_INTERRUPTED,
            attempt=self.attempt,
            cause=cause,
            message=f"the connection was {cause}",
            **counts,
        )

    def closed(self, at: float, status: str = "completed", equal: bool | None = True) -> "HandMade":
        reason = None if equal else "the final object says something else"
        self.add(at, Fact.VERIFIED, equal=equal, reason=reason)
        return self.add(at, Fact.RUN_ENDED + status, response_id="resp_1", error=None)


def plain(pieces: int = 10, every: float = 0.1, first: float = 0.5) -> HandMade:
    """Created at 0.1 s, then one four-letter word each `every` seconds, then done."""
    run = HandMade().start(0.0).connected(0.05).created(0.1)
    for i in range(pieces):
        run.piece(first + i * every, "word" if i == 0 else " word")
    end = first + pieces * every
    run.completed(end, input_tokens=7, output_tokens=pieces)
    return run.ended(end, bytes=1000, events=pieces + 2).closed(end)


def cut_and_resumed() -> HandMade:
    """Three words, a cut at 0.75 s, a refused try, a resume that brings three at once, then two."""
    run = HandMade().start(0.0).connected(0.05).created(0.1)
    for at, word in ((0.5, "one"), (0.6, " two"), (0.7, " three")):
        run.piece(at, word)
    run.interrupted(0.75, "cut", bytes=400)
    run.add(0.75, Fact.WAITING, reason="backoff", seconds=0.2)
    run.start(0.95, "resume", after=3).interrupted(0.96, "connect")
    run.start(1.0, "resume", after=3).connected(1.02)
    run.add(1.05, Fact.ATTEMPT_RESUMED, attempt=3, starting_after=3, first=4)
    for at, word in ((1.05, " four"), (1.05, " five"), (1.06, " six"), (1.16, " seven")):
        run.piece(at, word)
    run.piece(1.26, " eight").completed(1.36, output_tokens=8)
    return run.ended(1.36, bytes=500, bytes_twice=60, duplicates=1).closed(1.4)
