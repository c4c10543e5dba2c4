"""One connection, event by event: what is taken, what is dropped, what is refused."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from workbench.clock import SystemClock
from workbench.errors import StreamInterrupted
from workbench.events import RunInfo, RunRequest
from workbench.log.memory import MemoryLog
from workbench.providers.base import Connection, Translator
from workbench.runner.attempt import Attempt
from workbench.runner.writer import Writer
from workbench.wire.translate import ResponsesTranslator


class Canned:
    """A connection whose body is known beforehand."""

    status = 200
    request_id: str | None = None

    def __init__(self, events: Sequence[dict[str, Any]]) -> None:
        self.body = b"".join(b"data: %b\n\n" % orjson.dumps(event) for event in events)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.body

    def translator(self) -> Translator:
        return ResponsesTranslator()


def lifecycle(number: int, kind: str, response_id: str = "resp_a") -> dict[str, Any]:
    response = {"id": response_id, "status": kind}
    return {"type": f"response.{kind}", "sequence_number": number, "response": response}


def delta(number: int) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "sequence_number": number, "delta": "x"}


def attempted(events: Sequence[dict[str, Any]]) -> tuple[list[int], str | None]:
    """The numbers that were taken, and the cause of the interruption if there was one."""

    async def main() -> tuple[list[int], str | None]:
        log = MemoryLog()
        log.create(RunInfo(id="run1", created_at=0.0, request=RunRequest(input="x")))
        writer = Writer(log, log.claim("run1", owner="test", ttl_s=60), SystemClock())
        attempt = Attempt(writer, SystemClock(), "create", can_resume=True)
        await attempt.begin()
        cause = None

        @asynccontextmanager
        async def opening() -> AsyncIterator[Connection]:
            yield Canned(events)

        try:
            await attempt.stream(opening())
        except StreamInterrupted as error:
            cause = error.cause
        await writer.settled()
        taken = [entry.event.get("sequence_number") for entry in log.read("run1")]
        return [number for number in taken if number is not None], cause

    return asyncio.run(main())


WHOLE = [lifecycle(0, "created"), delta(1), delta(2), lifecycle(3, "completed")]


def test_a_whole_stream_is_taken_as_it_is() -> None:
    assert attempted(WHOLE) == ([0, 1, 2, 3], None)


def test_the_end_of_the_bytes_is_not_the_end_of_the_response() -> None:
    assert attempted(WHOLE[:3]) == ([0, 1, 2], "ended")


def test_nothing_after_the_terminal_event_counts() -> None:
    assert attempted([*WHOLE, delta(4)]) == ([0, 1, 2, 3], None)


def test_what_came_already_is_dropped() -> None:
    assert attempted([*WHOLE[:3], delta(1), delta(2), WHOLE[3]]) == ([0, 1, 2, 3], None)


@pytest.mark.parametrize("first", [0, 1, 2])
def test_two_events_that_changed_places_change_back(first: int) -> None:
    events = list(WHOLE)
    events[first], events[first + 1] = events[first + 1], events[first]

    assert attempted(events) == ([0, 1, 2, 3], None)


def test_a_gap_interrupts_before_anything_after_it_is_taken() -> None:
    assert attempted([WHOLE[0], delta(1), delta(4), delta(5)]) == ([0, 1], "gap")


def test_another_response_in_the_middle_of_one_is_refused() -> None:
    stranger = lifecycle(0, "created", "resp_b")

    assert attempted([*WHOLE[:2], stranger, delta(1)]) == ([0, 1], "identity")


def test_events_without_numbers_are_all_taken() -> None:
    bare = [{name: event[name] for name in event if name != "sequence_number"} for event in WHOLE]

    assert attempted(bare) == ([], None)
