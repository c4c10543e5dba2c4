"""The smallest thing a simulator can serve: a fixed list of events for every response."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import orjson

from workbench.simulator.exchange import Address, Ending, Kind, Piece, Reply, Request

__all__ = ["STREAMED", "SmallProvider", "event_piece", "some_events"]

STREAMED = b'{"stream":true}'
STREAM = {"content-type": "text/event-stream; charset=utf-8"}
JSON = {"content-type": "application/json"}


def event_piece(sequence: int, type_: str, due: float = 0.0, **fields: object) -> Piece:
    event = {"type": type_, "sequence_number": sequence, **fields}
    data = b"event: %b\ndata: %b\n\n" % (type_.encode(), orjson.dumps(event))
    return Piece(due=due, data=data, type=type_, sequence=sequence)


def some_events(count: int, text: str = "word ") -> list[Piece]:
    """A response of `count` events: created, deltas, completed."""
    response = {"id": "resp_small", "status": "in_progress"}
    deltas = [
        event_piece(n, "response.output_text.delta", item_id="msg_1", output_index=0, delta=text)
        for n in range(1, count - 1)
    ]
    done = {**response, "status": "completed"}
    return [
        event_piece(0, "response.created", response=response),
        *deltas,
        event_piece(count - 1, "response.completed", response=done),
    ]


@dataclass
class SmallProvider:
    """Streams `events` on every create and resume, one every `gap_s`; remembers what happened."""

    events: Sequence[Piece] = field(default_factory=lambda: some_events(12))
    gap_s: float = 0.0
    faults: str | None = None
    endings: list[tuple[Address, Ending]] = field(default_factory=list)
    handled: list[Request] = field(default_factory=list)
    failed: list[tuple[str, int | None, bool]] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    taken: tuple[int, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)

    def address(self, request: Request) -> Address:
        kind: Kind = "other"
        if request.method == "POST":
            kind = "cancel" if request.path.endswith("/cancel") else "create"
        elif request.path.startswith("/v1/responses/"):
            kind = "resume" if request.query.get("stream") == "true" else "poll"
        after = request.query.get("starting_after")
        return Address(
            kind=kind,
            response_id=None if kind == "other" else "resp_small",
            connection=self.counts["resp_small"] + 1,
            faults=self.faults,
            starting_after=None if after is None else int(after),
            taken=self.taken,
        )

    def refused(self, address: Address, ending: Ending) -> None:
        self.counts["resp_small"] += 1
        self.endings.append((address, ending))

    async def handle(self, request: Request) -> Reply:
        if request.accepted is not None and self.address(request).kind == "create":
            request.accepted("resp_small")
        address = self.address(request)
        self.counts["resp_small"] += 1
        self.handled.append(request)
        streams = address.kind == "resume" or request.body == STREAMED
        return Reply(
            headers=STREAM if streams else JSON,
            body=b"" if streams else orjson.dumps({"id": "resp_small", "path": request.path}),
            pieces=self._pieces(address.starting_after) if streams else None,
            address=address,
            closed=lambda ending: self.endings.append((address, ending)),
        )

    async def _pieces(self, after: int | None) -> AsyncIterator[Piece]:
        start = time.monotonic()
        for n, piece in enumerate(self.events):
            if after is not None and piece.sequence is not None and piece.sequence <= after:
                continue
            due = start + n * self.gap_s
            if (delay := due - time.monotonic()) > 0:
                await asyncio.sleep(delay)
            yield Piece(due=due, data=piece.data, type=piece.type, sequence=piece.sequence)

    def fail(self, response_id: str, *, after: int | None, announced: bool) -> None:
        self.failed.append((response_id, after, announced))

    def take(self, response_id: str, numbers: Sequence[int]) -> None:
        self.taken = tuple(numbers)

    def complete(self, response_id: str) -> None:
        self.completed.append(response_id)
