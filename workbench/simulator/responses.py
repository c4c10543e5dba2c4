"""The Responses API: create, retrieve, resume, cancel, delete."""

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any

from workbench.simulator.exchange import (
    Address,
    Ending,
    Kind,
    Piece,
    Reply,
    Request,
    number_from,
)
from workbench.simulator.generation import Generation
from workbench.simulator.refusals import (
    expired,
    invalid,
    json_reply,
    not_background,
    not_found,
    refusal,
)
from workbench.simulator.store import Record

__all__ = ["Responses"]

STREAM = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
# After so many events without a pause, others get their turn.
_BREATH = 64


class Responses(Generation):
    """`/v1/responses` and what is below it."""

    async def create(self, request: Request, _: str) -> Reply:
        asked = self.read(request)
        if isinstance(asked, Reply):
            return asked
        address = self.address_of_create(request)
        record = self.accept(asked, request)
        streams = bool(asked.body.get("stream"))
        if streams:
            return self._stream(record, address, first=0, obfuscated=_wants_noise(record))
        if record.is_background:
            return await self._object(record, address, at=self.rendition(record).accept)
        return await self._object(record, address, at=math.inf)

    async def retrieve(self, request: Request, id_: str) -> Reply:
        record = self._visible(id_)
        if record is None:
            return not_found(id_)
        streams = request.query.get("stream", "false").lower() in ("true", "1")
        if not streams:
            return await self._object(record, self.address(record, "poll"), at=0.0)
        after = _starting_after(request)
        if isinstance(after, Reply):
            return after
        if refused := self._unstreamable(record):
            return refused
        wanted = request.query.get("include_obfuscation")
        noise = _wants_noise(record) if wanted is None else wanted.lower() == "true"
        first = 0 if after is None else after + 1
        address = self.address(record, "resume", after)
        return self._stream(record, address, first=first, obfuscated=noise)

    async def cancel(self, _: Request, id_: str) -> Reply:
        record = self._visible(id_)
        if record is None:
            return not_found(id_)
        if not record.is_background:
            return refusal(400, "Cannot cancel a synchronous response.")
        if not self.cancel_now(id_):
            status = self.rendition(record).snapshot(self.elapsed(record))["status"]
            return refusal(400, f"Cannot cancel a {status} response.")
        return json_reply(self.rendition(record).snapshot(self.elapsed(record)))

    def cancel_now(self, id_: str) -> bool:
        record = self._visible(id_)
        if record is None or not record.is_background:
            return False
        if record.cancelled is None:
            if self.elapsed(record) >= self.rendition(record).end:
                return False
            self.store.mark(record, cancelled=self.now())
        return True

    def complete(self, id_: str) -> None:
        """Say what is left of the response at once."""
        record = self.store.get(id_)
        if record and self._is_open(record):
            self.store.mark(record, hurried=self.now())

    def fail(self, id_: str, *, after: int | None, announced: bool) -> None:
        """End the response as failed, after so many events or now."""
        record = self.store.get(id_)
        if record and (self._is_open(record) or (not record.speed and after is not None)):
            rendition = self.rendition(record)
            said = rendition.due_by(self.elapsed(record))
            cut = said if after is None else min(after, rendition.planned - 1)
            failure = {"at": self.now(), "after": cut, "announced": announced}
            self.store.mark(record, failure=failure)

    def _is_open(self, record: Record) -> bool:
        ended = record.cancelled is not None or record.failure is not None
        return not ended and self.elapsed(record) < self.rendition(record).end

    async def delete(self, _: Request, id_: str) -> Reply:
        record = self._visible(id_)
        if record is None:
            return not_found(id_)
        self.store.mark(record, deleted=self.now())
        return json_reply({"id": id_, "object": "response", "deleted": True})

    async def input_items(self, request: Request, id_: str) -> Reply:
        record = self._visible(id_)
        if record is None:
            return not_found(id_)
        items = _items(record)
        if request.query.get("order", "desc") == "desc":
            items.reverse()
        limit = number_from(request.query.get("limit", "20"))
        if limit is None or not 1 <= limit <= 100:
            return invalid("limit", "a number from 1 to 100", code="invalid_value")
        if after := request.query.get("after"):
            places = [n for n, item in enumerate(items) if item["id"] == after]
            items = items[places[0] + 1 :] if places else items
        page = items[:limit]
        return json_reply(
            {
                "object": "list",
                "data": page,
                "first_id": page[0]["id"] if page else None,
                "last_id": page[-1]["id"] if page else None,
                "has_more": len(items) > len(page),
            }
        )

    def address_of_retrieve(self, request: Request, id_: str) -> Address:
        record = self._visible(id_)
        streams = request.query.get("stream", "false").lower() in ("true", "1")
        kind: Kind = "resume" if streams else "poll"
        after = _starting_after(request)
        cursor = after if isinstance(after, int) else None
        if record is None:
            number = self.store.connections(id_) + 1
            return Address(kind=kind, response_id=id_, connection=number, starting_after=cursor)
        return self.address(record, kind, cursor)

    def address_of_cancel(self, id_: str) -> Address:
        record = self._visible(id_)
        return Address(kind="cancel", response_id=id_, faults=record.faults if record else None)

    def expire(self, id_: str) -> bool:
        record = self._visible(id_)
        if record is None:
            return False
        self.store.mark(record, expired=True)
        return True

    def _visible(self, id_: str) -> Record | None:
        """The record, as long as the provider would still show it."""
        record = self.store.get(id_)
        if record is None or record.api != "responses" or record.deleted is not None:
            return None
        end, elapsed = self.rendition(record).end, self.elapsed(record)
        if record.is_background:
            window = self.scenario_of(record).windows.data_s
            window = self.options.data_window_s if window is None else window
            keeps = record.request.get("store") is True
            return record if keeps or elapsed <= end + window else None
        lives = record.is_stored and record.killed is None
        return record if lives and elapsed >= end else None

    def _unstreamable(self, record: Record) -> Reply | None:
        if not record.is_background:
            return not_background()
        if not record.request.get("stream"):
            return refusal(
                400,
                "This response cannot be streamed because it was not created with stream=true.",
                param="stream",
                code="invalid_request_error",
            )
        window = self.scenario_of(record).windows.stream_s
        window = self.options.stream_window_s if window is None else window
        if record.expired or self.elapsed(record) > window:
            return expired(round(window / 60, 2))
        return None

    async def _object(self, record: Record, address: Address, *, at: float) -> Reply:
        """The response object as it is `at` seconds after acceptance, at its end at the latest."""
        connection, closed = self.opened(record, address, kills=at == math.inf)
        rendition = self.rendition(record)
        try:
            while self.elapsed(record) < min(at, rendition.end):
                await self.wait(record, min(at, rendition.end))
        except asyncio.CancelledError:
            closed(Ending(how="left"))
            raise
        elapsed = rendition.end if at == math.inf else max(at, self.elapsed(record))
        body = rendition.snapshot(elapsed)
        if body["status"] not in ("queued", "in_progress") and at != math.inf:
            body["billing"] = {"payer": "developer"}
        headers = self.headers(record, connection)
        if body["status"] in ("queued", "in_progress"):
            headers["openai-poll-after-ms"] = "1000"
        reply = json_reply(body, address=address, headers=headers)
        return Reply(
            status=200, headers=reply.headers, body=reply.body, address=address, closed=closed
        )

    def _stream(self, record: Record, address: Address, *, first: int, obfuscated: bool) -> Reply:
        kills = address.kind == "create" and not record.is_background
        connection, closed = self.opened(record, address, kills=kills)
        return Reply(
            headers={**STREAM, **self.headers(record, connection)},
            pieces=self._pieces(record, first, obfuscated),
            address=address,
            closed=closed,
        )

    async def _pieces(self, record: Record, first: int, obfuscated: bool) -> AsyncIterator[Piece]:
        rendition = self.rendition(record)
        number, slept = first, self.now()
        while number < rendition.count:
            offset = rendition.offset(number)
            if record.started + offset > self.now():
                await self.wait(record, offset)
                slept = self.now()
                if record.forgotten:
                    return
                continue  # a cancel during the silence changes what comes next
            if number % _BREATH == 0 and self.now() - slept > 0.005:
                await asyncio.sleep(0)
                slept = self.now()
            yield Piece(
                due=self.due(record, offset),
                data=rendition.frame(number, obfuscated=obfuscated),
                type=rendition.type(number),
                sequence=number,
            )
            number += 1


def _wants_noise(record: Record) -> bool:
    """A foreground stream is obfuscated unless refused, a background one only on demand."""
    options: dict[str, Any] = record.request.get("stream_options") or {}
    return bool(options.get("include_obfuscation", not record.is_background))


def _starting_after(request: Request) -> int | Reply | None:
    given = request.query.get("starting_after")
    if given is None:
        return None
    after = number_from(given)
    return invalid("starting_after", "an integer of at least 0") if after is None else after


def _items(record: Record) -> list[dict[str, Any]]:
    """The input as a list of items with ids."""
    given = record.request.get("input", "")
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    items = []
    for number, item in enumerate(given):
        items.append(_item(f"{record.id[5:]}{number:04d}", item))
    return items


def _item(id_: str, item: dict[str, Any]) -> dict[str, Any]:
    if item.get("type", "message") != "message":
        return {"id": f"item_{id_}", "status": "completed", **item}
    content = item.get("content", "")
    if isinstance(content, str):
        kind = "output_text" if item.get("role") == "assistant" else "input_text"
        content = [{"type": kind, "text": content}]
    return {
        "id": f"msg_{id_}",
        "type": "message",
        "status": "completed",
        "content": content,
        "role": item.get("role", "user"),
    }
