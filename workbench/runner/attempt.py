"""One connection to a provider on behalf of a run: bytes in, entries out.

Bytes are stamped when they arrive, before anything looks at them. What the log holds already is
dropped by its sequence number, and what never arrived is noticed by it. The end of the bytes is
never the end of the response: only the provider's own terminal event is.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import orjson

from workbench.clock import Clock
from workbench.errors import Cause, ProviderError, StreamInterrupted, WireError
from workbench.events import RESPONSE_TERMINALS, Event, Fact
from workbench.providers.base import Connection, Translated
from workbench.providers.decide import Mode
from workbench.runner.writer import Writer

__all__ = ["Attempt", "Counts"]


@dataclass(slots=True)
class Counts:
    """What came over one connection; docs/events.md says what each number means."""

    bytes: int = 0
    bytes_twice: int = 0
    events: int = 0
    duplicates: int = 0
    last_sequence: int | None = None
    frames: int = 0

    def to_dict(self) -> dict[str, int | None]:
        return {name: getattr(self, name) for name in self.__slots__}


class _Finished(Exception):
    """The provider's terminal event was taken; nothing after it counts."""


class Attempt:
    """Use once: `begin`, then `stream` or the calls of a poll, then `end` or `interrupted`."""

    def __init__(
        self,
        writer: Writer,
        clock: Clock,
        mode: Mode,
        *,
        can_resume: bool,
        on_answer: Callable[[], None] = lambda: None,
    ) -> None:
        progress = writer.progress
        self.counts = Counts()
        self.number = progress.attempt + 1
        self.is_over = False
        self.identified = asyncio.Event()  # the response has an id, so it can be cancelled
        self._writer = writer
        self._clock = clock
        self._mode = mode
        self._can_resume = can_resume
        self._on_answer = on_answer  # somebody is there, long before the response has its end
        self._expected_id = None if mode == "restart" else progress.response_id
        self._last = None if mode == "restart" else progress.sequence
        self._held: Translated | None = None
        self._said_resumed = progress.interruptions == 0 or mode == "restart"

    async def begin(self) -> None:
        """Durable before anything is sent: whoever takes over must know that work may exist."""
        progress = self._writer.progress
        after = progress.sequence if self._mode in {"resume", "poll"} else None
        self._writer.fact(
            Fact.ATTEMPT_STARTED, attempt=self.number, mode=self._mode, starting_after=after
        )
        await self._writer.settled()

    async def stream(self, opening: AbstractAsyncContextManager[Connection]) -> None:
        """Take events until the provider's terminal one; StreamInterrupted without it."""
        async with opening as connection:
            self.connected(connection.status, connection.request_id)
            translator = connection.translator()
            try:
                async for chunk in connection.chunks():
                    at = self._clock.now()
                    self.counts.bytes += len(chunk)
                    self._take(at, translator.feed(chunk))
                    if self._writer.progress.terminal is not None:
                        return
                    if self._writer.is_full:
                        await self._writer.room()
                self._take(self._clock.now(), translator.finish(), ends=True)
            except StreamInterrupted:
                # What had said that it was finished is whole, however its connection ended.
                self._take(self._clock.now(), translator.finish(), ends=not self._can_resume)
                if self._writer.progress.terminal is None:
                    raise
            except WireError as error:
                raise StreamInterrupted(str(error), cause="garbled", accepted=True) from error
            finally:
                self.counts.frames = translator.frames
        if self._writer.progress.terminal is None:
            raise StreamInterrupted(
                "the connection ended without a terminal event", cause="ended", accepted=True
            )

    def connected(self, status: int, request_id: str | None) -> None:
        self._on_answer()
        self._writer.fact(
            Fact.ATTEMPT_CONNECTED, attempt=self.number, status=status, request_id=request_id
        )

    def interrupted(self, cause: Cause, message: str, **fields: object) -> None:
        self.is_over = True
        self._writer.fact(
            Fact.ATTEMPT_INTERRUPTED,
            attempt=self.number,
            cause=cause,
            message=message,
            **fields,
            **self.counts.to_dict(),
        )

    def failed(self, error: ProviderError) -> None:
        """The connection ended early, and how; never with more of the body than its sentence."""
        self.interrupted(
            error.cause, str(error), status=error.status, code=error.code, accepted=error.accepted
        )

    def end(self) -> None:
        self.is_over = True
        self._writer.fact(Fact.ATTEMPT_ENDED, attempt=self.number, **self.counts.to_dict())

    def _take(self, at: float, arrived: Sequence[Translated], *, ends: bool = False) -> None:
        fresh: list[Translated] = []
        try:
            for one in arrived:
                if self._is_next(one.event):
                    fresh.append(one)
                    continue
                for next_one in self._in_order(one):
                    self._admit(next_one, fresh)
            if ends and self._held is not None:
                self._admit(self._held, fresh)
        except _Finished:
            pass
        finally:
            # Also when what follows was refused: what came before it is whole.
            self._writer.take(at, fresh)
            if self._expected_id is not None:
                self.identified.set()

    def _is_next(self, event: Event) -> bool:
        """The usual event, taken at once: the very next number, and nothing else to look at."""
        number, last = event.get("sequence_number"), self._last
        if (
            type(number) is not int
            or last is None
            or number != last + 1
            or self._held is not None
            or not self._said_resumed
            or "response" in event
            or event.get("type") in RESPONSE_TERMINALS
        ):
            return False
        self.counts.events += 1
        self._last = self.counts.last_sequence = number
        return True

    def _in_order(self, one: Translated) -> tuple[Translated, ...]:
        """An event that comes too early waits for the next one: the two may have changed places."""
        number = one.event.get("sequence_number")
        if type(number) is not int:
            return (one,)
        held, self._held = self._held, None
        if held is not None:
            return (one, held) if number == self._next else (held, one)
        starts = self._last is None and one.event.get("type") == "response.created"
        if self._next is not None and number > self._next and not starts:
            self._held = one
            return ()
        return (one,)

    @property
    def _next(self) -> int | None:
        """The number that should come next; of a new response, 0 unless it says otherwise."""
        if self._last is not None:
            return self._last + 1
        return None if self._mode == "resume" else 0

    def _admit(self, one: Translated, fresh: list[Translated]) -> None:
        if self._is_new(one, fresh):
            fresh.append(one)
            if one.event.get("type") in RESPONSE_TERMINALS:
                raise _Finished

    def _is_new(self, one: Translated, fresh: list[Translated]) -> bool:
        """Whether an event belongs in the log; raises when nothing after it can be taken."""
        number, last = one.event.get("sequence_number"), self._last
        if type(number) is not int:
            self._check_identity(one.event, contiguous=True)
            self.counts.events += 1
            return True
        if last is not None and number <= last:
            self._check_identity(one.event, contiguous=False)
            self.counts.duplicates += 1
            self.counts.bytes_twice += len(one.json)
            return False
        contiguous = last is None or number == last + 1
        self._check_identity(one.event, contiguous=contiguous)
        if last is not None and not contiguous:
            self._gap(fresh, expected=last + 1, got=number)
        if not self._said_resumed:
            self._said_resumed = True
            fresh.append(
                _fact(Fact.ATTEMPT_RESUMED, attempt=self.number, starting_after=last, first=number)
            )
        self.counts.events += 1
        self._last = self.counts.last_sequence = number
        return True

    def _check_identity(self, event: Event, *, contiguous: bool) -> None:
        response = event.get("response")
        if not isinstance(response, dict) or response.get("id") is None:
            return
        if self._expected_id is None:
            self._expected_id = response["id"]
        elif response["id"] != self._expected_id and not contiguous:
            # Ids alone prove nothing: some gateways rotate them event by event.
            raise StreamInterrupted(
                f"another response, {response['id']}, began in the middle of {self._expected_id}",
                cause="identity",
                accepted=True,
            )

    def _gap(self, fresh: list[Translated], *, expected: int, got: int) -> None:
        """A jump may be a loss, or a number that the provider used for itself: ask once."""
        again = self._can_resume and self._writer.progress.regapped != expected
        action = "re-request" if again else "accept"
        fresh.append(_fact(Fact.GAP, expected=expected, got=got, action=action))
        if again:
            raise StreamInterrupted(
                f"event {expected} is missing, {got} came instead", cause="gap", accepted=True
            )


def _fact(type_: str, **fields: Any) -> Translated:
    event = {"type": type_, **fields}
    return Translated(json=orjson.dumps(event), event=event)
