"""The entries of an eventful run, made up: thinking, a tool, a cut, a long answer."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from workbench.clock import SystemClock
from workbench.events import Arrival, Entry, Event
from workbench.log.base import Closing, Lease, Log

__all__ = ["PROSE", "append_events", "close_run", "entries_of", "entry_json", "eventful_run"]

THOUGHTS = (
    """**Reading the wish**

The reader wants a calm week, so mornings should stay free. I will look at the weather before \
I promise anything outdoors.""",
    """**Placing the days**

Sintra needs a whole day, and Monday is the day when most museums are closed, so the coast \
fits there.""",
)
PROSE = """## A week in Lisbon

A slow week, one neighbourhood a day. **Mornings stay free**; what must be booked is marked.

1. Alfama, before nine, when the lanes are empty
2. Belém, with the *Jerónimos* cloister
3. Sintra, a whole day; take the train at `8:11`

### What to book

- The cloister, two days ahead
- A table on Thursday, see [the list](https://example.org/tables)

> Nothing here needs a car.

```python
days = ["Alfama", "Belém", "Sintra"]
```

"""


def _pieces(text: str, size: int) -> Iterator[str]:
    for at in range(0, len(text), size):
        yield text[at : at + size]


def eventful_run(
    *, text: str = PROSE, size: int = 6, cut: bool = True, ending: str = "completed"
) -> list[tuple[float, Event]]:
    """(seconds since the start, event) in order."""
    made: list[tuple[float, Event]] = []
    now = 0.0
    sequence = -1

    def fact(type_: str, after_s: float = 0.0, **fields: Any) -> None:
        nonlocal now
        now += after_s
        made.append((now, {"type": f"workbench.{type_}", **fields}))

    def received(type_: str, after_s: float = 0.0, **fields: Any) -> None:
        nonlocal now, sequence
        now += after_s
        sequence += 1
        made.append((now, {"type": type_, "sequence_number": sequence, **fields}))

    response = {"id": "resp_1", "model": "sim-reasoner", "status": "in_progress"}
    fact("run.created", request={"input": "Plan a week in Lisbon", "provider": "simulator"})
    fact("attempt.started", 0.05, attempt=1, mode="create", starting_after=None)
    fact("attempt.connected", 0.2, attempt=1, status=200, request_id="req_1")
    received("response.created", 0.02, response=response)
    received("response.in_progress", 0.01, response=response)
    _think(received)
    _call_tool(received)
    received(
        "response.output_item.added",
        0.1,
        output_index=2,
        item={"id": "msg_1", "type": "message", "status": "in_progress", "content": []},
    )
    about = {"item_id": "msg_1", "output_index": 2, "content_index": 0}
    received("response.content_part.added", 0.01, **about, part={"type": "output_text", "text": ""})
    pieces = list(_pieces(text, size))
    for n, piece in enumerate(pieces):
        if cut and n == len(pieces) // 3:
            _cut(fact, sequence)
        received("response.output_text.delta", 0.03, **about, delta=piece)
    received("response.output_text.done", 0.02, **about, text=text)
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"id": "msg_1", "type": "message", "status": "completed", "content": content}
    received("response.output_item.done", 0.01, output_index=2, item=item)
    if ending == "completed":
        received("response.completed", 0.02, response={**response, "status": "completed"})
        fact("verified", 0.05, equal=True, reason="equal")
    error = None if ending == "completed" else {"code": "cut", "message": "The provider went away."}
    fact(f"run.{ending}", 0.01, response_id="resp_1", error=error)
    return made


def _think(received: Any) -> None:
    received(
        "response.output_item.added",
        0.1,
        output_index=0,
        item={"id": "rs_1", "type": "reasoning", "summary": []},
    )
    for index, thought in enumerate(THOUGHTS):
        about = {"item_id": "rs_1", "output_index": 0, "summary_index": index}
        received(
            "response.reasoning_summary_part.added",
            0.6,
            **about,
            part={"type": "summary_text", "text": ""},
        )
        for piece in _pieces(thought, 12):
            received("response.reasoning_summary_text.delta", 0.05, **about, delta=piece)
        received("response.reasoning_summary_text.done", 0.01, **about, text=thought)
    summary = [{"type": "summary_text", "text": thought} for thought in THOUGHTS]
    item = {"id": "rs_1", "type": "reasoning", "summary": summary}
    received("response.output_item.done", 0.2, output_index=0, item=item)


def _call_tool(received: Any) -> None:
    arguments = '{"place":"Lisbon","days":7,"units":"metric"}'
    item = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "get_weather"}
    received(
        "response.output_item.added",
        0.1,
        output_index=1,
        item={**item, "arguments": "", "status": "in_progress"},
    )
    about = {"item_id": "fc_1", "output_index": 1}
    for piece in _pieces(arguments, 5):
        received("response.function_call_arguments.delta", 0.06, **about, delta=piece)
    received("response.function_call_arguments.done", 0.02, **about, arguments=arguments)
    received(
        "response.output_item.done",
        0.02,
        output_index=1,
        item={**item, "arguments": arguments, "status": "completed"},
    )


def _cut(fact: Any, sequence: int) -> None:
    fact("fault", 0.0, fault="cut", where="event")
    fact(
        "attempt.interrupted",
        0.01,
        attempt=1,
        cause="cut",
        message="the connection closed",
        bytes=9000,
    )
    fact("waiting", 0.01, reason="backoff", seconds=0.6)
    fact("attempt.started", 0.6, attempt=2, mode="resume", starting_after=sequence)
    fact("attempt.connected", 0.1, attempt=2, status=200, request_id="req_2")
    fact("attempt.resumed", 0.05, attempt=2, starting_after=sequence, first=sequence + 1)


def entries_of(made: Sequence[tuple[float, Event]], start: float = 1_700_000_000.0) -> list[Entry]:
    return [Entry(n, start + at, event) for n, (at, event) in enumerate(made, 1)]


def entry_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Entries in the form they have outside Python."""
    return [{"cursor": cursor, "at": at, "event": event} for cursor, at, event in entries]


def append_events(log: Log, lease: Lease, events: Sequence[Event]) -> int:
    """Append now, and close the run when the last event is its end; the new head."""
    clock = SystemClock()
    head, _ = log.head(lease.run)
    arrivals = [Arrival(clock.now(), orjson.dumps(event)) for event in events]
    return log.append(lease, arrivals, after=head).result()


def close_run(log: Log, lease: Lease, event: Event) -> int:
    status = event["type"].removeprefix("workbench.run.")
    head, _ = log.head(lease.run)
    arrival = Arrival(SystemClock().now(), orjson.dumps(event))
    return log.append(lease, [arrival], after=head, closing=Closing(status=status)).result()
