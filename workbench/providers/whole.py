"""A whole answer where a stream was asked for: some servers do not know `stream`.

It was generated and is paid for, so it is taken, as the events that say the same.
"""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import orjson

from workbench.events import Event, Translated
from workbench.state import RunState
from workbench.wire.final import missing_events

__all__ = ["WholeConnection", "is_whole"]


class WholeConnection:
    """Looks like a stream of one chunk."""

    def __init__(
        self,
        body: bytes,
        *,
        status: int,
        request_id: str | None,
        to_response: Callable[[Event], Event],
    ) -> None:
        self.status = status
        self.request_id = request_id
        self.translator = partial(_WholeTranslator, to_response)
        self._body = body

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._body


class _WholeTranslator:
    def __init__(self, to_response: Callable[[Event], Event]) -> None:
        self.frames = 0
        self._to_response = to_response
        self._received: list[bytes] = []

    def feed(self, chunk: bytes) -> list[Translated]:
        self._received.append(chunk)
        return []

    def finish(self) -> list[Translated]:
        self.frames = 1
        response = self._to_response(orjson.loads(b"".join(self._received)))
        events = missing_events(RunState(), response)
        return [Translated(orjson.dumps(event), event) for event in events]


def is_whole(found: Any) -> bool:
    """Whether a JSON value is a response or a completion, and not an error."""
    if not isinstance(found, dict) or found.get("error"):
        return False
    return any(isinstance(found.get(name), list) for name in ("output", "choices"))
