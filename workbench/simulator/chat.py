"""Chat completions, streamed and not, in the manners of OpenAI or of OpenRouter.

Nothing is stored: a chat completion lives as long as its one connection.
"""

import asyncio
from collections.abc import AsyncIterator

import orjson

from workbench.simulator.chunks import Chunks, Timed, completion
from workbench.simulator.exchange import Address, Ending, Piece, Reply, Request
from workbench.simulator.generation import Generation
from workbench.simulator.refusals import json_reply
from workbench.simulator.store import Record

__all__ = ["Chat"]

STREAM = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}


class Chat(Generation):
    """`/v1/chat/completions`."""

    api = "chat"
    prefix = "chatcmpl-"

    async def create(self, request: Request, _: str) -> Reply:
        asked = self.read(request)
        if isinstance(asked, Reply):
            return asked
        address = self.address_of_create(request)
        record = self.accept(asked, request)
        if asked.body.get("stream"):
            return self._stream(record, address)
        return await self._whole(record, address)

    def chunks(self, record: Record) -> Chunks:
        router = self.options.manners == "openrouter" or "/" in record.request["model"]
        return Chunks(record, self.rendition(record), router=router)

    async def _whole(self, record: Record, address: Address) -> Reply:
        connection, closed = self.opened(record, address, kills=True)
        chunks = self.chunks(record)
        try:
            await self.wait(record, chunks.end)
        except asyncio.CancelledError:
            closed(Ending(how="left"))
            raise
        status, body = completion(chunks)
        plain = json_reply(body, status=status, headers=self.headers(record, connection))
        return Reply(
            status=status, headers=plain.headers, body=plain.body, address=address, closed=closed
        )

    def _stream(self, record: Record, address: Address) -> Reply:
        connection, closed = self.opened(record, address, kills=True)
        return Reply(
            headers={**STREAM, **self.headers(record, connection)},
            pieces=self._pieces(record),
            address=address,
            closed=closed,
        )

    async def _pieces(self, record: Record) -> AsyncIterator[Piece]:
        slept = self.now()
        for number, timed in enumerate(self.chunks(record)):
            if record.started + timed.offset > self.now():
                await self.wait(record, timed.offset)
                slept = self.now()
            elif number % 64 == 0 and self.now() - slept > 0.005:
                await asyncio.sleep(0)
                slept = self.now()
            yield Piece(
                due=self.due(record, timed.offset),
                data=_frame(timed),
                type=timed.type,
                sequence=timed.number,
            )


def _frame(timed: Timed) -> bytes:
    if timed.chunk is None:
        return timed.raw
    return b"data: " + orjson.dumps(timed.chunk) + b"\n\n"
