"""One TCP connection: reads requests, asks the application, performs the actions that answer."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any, Literal, Protocol

import orjson

from workbench.simulator import http1
from workbench.simulator.actions import Action, Close, Finish, Hold, Reset, Send, SendShort
from workbench.simulator.exchange import Ending, Piece, Reply, Request, Served

__all__ = ["Connection", "Owner"]

How = Literal["complete", "left", "broken", "refused"]
# Linger for no time at all: closing then sends RST and drops what was not sent.
_NO_LINGER = struct.pack("ii", 1, 0)


class Owner(Protocol):
    """The server a connection belongs to."""

    application: Served
    connections: set["Connection"]


class Connection(asyncio.Protocol):
    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._parser = http1.RequestParser()
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._refusal: http1.BadRequest | None = None
        self._transport: asyncio.Transport
        self.task: asyncio.Task[None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # asyncio sets this for its own sockets; a small write must never wait for an ACK here.
        _socket(transport).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._owner.connections.add(self)
        self.task = self._loop.create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        self._parser.feed(data)
        self._arrived.set()

    def eof_received(self) -> bool:
        return (
            False  # whoever stops sending has left: the transport closes, connection_lost follows
        )

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._owner.connections.discard(self)
        self._writable.set()
        self.task.cancel()

    def abort(self) -> None:
        """Let go of everything at once."""
        self._transport.abort()

    async def _serve(self) -> None:
        try:
            while True:
                request = await self._next_request()
                if not await self._answer(request):
                    break
        except http1.BadRequest as error:
            self._write_body(_complaint(error), keep_alive=False)
        self._transport.close()

    async def _next_request(self) -> Request:
        while (request := self._parser.next_request()) is None:
            if self._parser.wants_continue:
                self._parser.wants_continue = False
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._arrived.clear()
            await self._arrived.wait()
        return request

    async def _answer(self, request: Request) -> bool:
        """Whether the connection may carry another request."""
        keep_alive = request.headers.get("connection", "").lower() != "close"
        reply = await self._owner.application.handle(request)
        exchange = _Exchange(reply)
        try:
            if reply.pieces is None:
                self._write_body(reply, keep_alive=keep_alive)
                await self._writable.wait()
                exchange.bytes = len(reply.body)
            else:
                keep_alive = await self._stream(reply.pieces, exchange, keep_alive=keep_alive)
            exchange.how = "complete"
        finally:
            await exchange.close()
        return keep_alive

    def _write_body(self, reply: Reply, *, keep_alive: bool) -> None:
        headers = {**reply.headers, "content-length": str(len(reply.body))}
        if not keep_alive:
            headers["connection"] = "close"
        self._transport.write(http1.head(reply.status, headers) + reply.body)

    async def _stream(
        self, pieces: AsyncIterator[Piece], exchange: "_Exchange", *, keep_alive: bool
    ) -> bool:
        headers = {**exchange.reply.headers, "transfer-encoding": "chunked"}
        if not keep_alive:
            headers["connection"] = "close"
        self._transport.write(http1.head(exchange.reply.status, headers))
        async for piece in pieces:
            await self._perform(Send(due=piece.due, data=piece.data))
            exchange.events += piece.type is not None
            exchange.bytes += len(piece.data)
        await self._perform(Finish(due=0.0))
        return keep_alive

    async def _perform(self, action: Action) -> bool:
        """Do it when it is due; whether the connection lives on."""
        if (delay := action.due - self._loop.time()) > 0:
            await asyncio.sleep(delay)
        match action:
            case Send(data=data):
                self._transport.write(http1.chunk(data))
            case SendShort(data=data, announced=announced):
                self._transport.write(http1.chunk(data, announced=announced))
            case Finish():
                self._transport.write(http1.LAST_CHUNK)
            case Hold():
                await self._loop.create_future()  # cancelled when the peer leaves
            case Close():
                self._transport.close()
                return False
            case Reset():
                _socket(self._transport).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                self._transport.abort()
                return False
        await self._writable.wait()
        return True


class _Exchange:
    """What was sent of one reply, told to the application exactly once."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.how: How = "left"
        self.events = 0
        self.bytes = 0

    async def close(self) -> None:
        aclose = getattr(self.reply.pieces, "aclose", None)
        if aclose is not None:
            await aclose()
        if self.reply.closed is not None:
            self.reply.closed(Ending(how=self.how, events=self.events, bytes=self.bytes))


def _complaint(error: http1.BadRequest) -> Reply:
    body = {"error": {"message": str(error), "type": "invalid_request_error"}}
    return Reply(
        status=error.status,
        headers={"content-type": "application/json"},
        body=orjson.dumps(body),
    )


def _socket(transport: asyncio.Transport) -> Any:
    return transport.get_extra_info("socket")
