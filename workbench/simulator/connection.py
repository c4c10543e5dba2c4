"""One TCP connection: reads requests, asks the application, performs the actions that answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Protocol

import orjson

from workbench.errors import InvalidFault
from workbench.simulator import http1
from workbench.simulator.actions import (
    Action,
    Close,
    Finish,
    Forget,
    GoOffline,
    Hold,
    Pause,
    Reset,
    Send,
    SendShort,
)
from workbench.simulator.answers import answer, wrong_faults
from workbench.simulator.apply import Applier, strike
from workbench.simulator.delivery import Delivery
from workbench.simulator.exchange import Address, Piece, Reply, Request, Served
from workbench.simulator.faults import Fault
from workbench.simulator.ledger import Armed, Ledger, shifted
from workbench.simulator.refusals import not_found, refusal
from workbench.simulator.sockets import arrived, end_with_reset, send_at_once

__all__ = ["Connection", "Owner"]


class Owner(Protocol):
    """The server a connection belongs to."""

    application: Served
    connections: set["Connection"]
    ledger: Ledger
    offline_until: float

    def command(self, request: Request) -> Reply | None:
        """The answer to a request that is about the server itself."""

    def go_offline(self, response_id: str | None, seconds: float) -> None: ...


class Connection(asyncio.Protocol):
    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._parser = http1.RequestParser()
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._flowing = asyncio.Event()  # cleared while a fault keeps the line silent
        self._flowing.set()
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport
        self.delivery: Delivery | None = None
        self.task: asyncio.Task[None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.task = self._loop.create_task(self._serve())
        self.task.add_done_callback(self._ended)
        if self._loop.time() < self._owner.offline_until:
            self.reset()
            return
        send_at_once(transport)
        self._owner.connections.add(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed(data)
        self._arrived.set()

    def eof_received(self) -> bool:
        return False  # whoever stops sending has left: the transport closes

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._owner.connections.discard(self)
        self._writable.set()
        self._set_timer(None)
        self.task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A mistake of the application's ends its connection loudly; the client does not hang."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._loop.call_exception_handler(
                {"message": "an answer could not be made", "exception": error, "task": task}
            )
            self._transport.abort()

    def abort(self) -> None:
        """Let go of everything at once."""
        self._transport.abort()

    def reset(self) -> None:
        """RST, whatever was still to be sent."""
        end_with_reset(self._transport)

    def strike(self, fault: Fault) -> bool:
        """Let a fault happen now to what is being sent; whether anything is."""
        delivery, now = self.delivery, self._loop.time()
        if delivery is None or delivery.over:
            return False
        if delivery.applier is not None:
            self._do_now(delivery.applier.strike(fault, now))
            return True
        delivery.note(fault)
        action = strike(fault, now)
        self._do_now([Close(now) if isinstance(action, SendShort | Finish) else action])
        return True

    async def _serve(self) -> None:
        try:
            while await self._answer(await self._next_request()):
                pass
        except http1.BadRequest as error:
            self._write_body(refusal(error.status, str(error)), keep_alive=False)
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
        if (reply := self._owner.command(request)) is not None:
            self._write_body(reply, keep_alive=keep_alive)
            return keep_alive
        application = self._owner.application
        address = application.address(request)
        try:
            armed = self._owner.ledger.arm(address, streams=_wants_stream(address, request))
        except InvalidFault as error:
            self._write_body(wrong_faults(str(error)), keep_alive=keep_alive)
            return keep_alive
        self.delivery = delivery = Delivery(application, address)
        if (repeat := armed.has("repeat")) is not None:
            delivery.note(repeat)
        try:
            return await self._deliver(shifted(request, armed), armed, delivery, keep_alive)
        finally:
            self.delivery = None
            self._set_timer(None)
            await delivery.close()

    async def _deliver(
        self, request: Request, armed: Armed, delivery: Delivery, keep_alive: bool
    ) -> bool:
        if self._loop.time() < armed.account.offline_until:
            self._do(Reset(0.0))
            return False
        if not await self._survives(armed.at("request"), delivery):
            return False
        if (fault := armed.answer) is not None:
            delivery.note(fault)
            delivery.over = True
            self._write_body(answer(fault, delivery.address), keep_alive=keep_alive)
            return keep_alive
        if armed.account.forgotten:
            self._write_body(not_found(delivery.address.response_id or ""), keep_alive=keep_alive)
            return keep_alive
        reply = await self._handled(request, armed, delivery)
        if not await self._survives(armed.at("headers"), delivery):
            return False
        if armed.has("unframed"):
            keep_alive = False
        delivery.begin(armed, self._loop.time())
        if reply.pieces is None:
            self._write_head(reply, len(reply.body), keep_alive=keep_alive)
            pieces = _whole(Piece(due=0.0, data=reply.body))
        else:
            delivery.chunked = not armed.has("unframed")
            self._write_head(reply, None, keep_alive=keep_alive, chunked=delivery.chunked)
            pieces = reply.pieces
        try:
            return await self._send(pieces, delivery) and keep_alive
        except ConnectionError:
            self._do(Close(0.0))
            return False

    async def _handled(self, request: Request, armed: Armed, delivery: Delivery) -> Reply:
        """The application's own answer, and what faults have the application do."""
        application, id_ = self._owner.application, delivery.address.response_id
        if (race := armed.has("race")) and id_:
            delivery.note(race)
            application.complete(id_)

        def accepted(response_id: str) -> None:
            for fault in armed.faults:
                if fault.kind in {"error", "failed"}:
                    delivery.note(fault)
                    self._plan_failure(fault, response_id)

        reply = delivery.reply = await application.handle(replace(request, accepted=accepted))
        if delivery.address.kind == "create" and id_ and reply.status < 300:
            armed.account.accepted()
        return reply

    def _plan_failure(self, fault: Fault, response_id: str) -> None:
        fail, announced = self._owner.application.fail, fault.kind == "error"
        place = fault.where()
        assert place is not None
        if place.name == "after":
            self._loop.call_later(
                float(place.at or 0),
                lambda: fail(response_id, after=None, announced=announced),
            )
        else:
            fail(response_id, after=int(place.at or 0), announced=announced)

    async def _survives(self, faults: Sequence[Fault], delivery: Delivery) -> bool:
        """Whether there is still a connection after the faults that come before an answer."""
        for fault in faults:
            delivery.note(fault)
            if not await self._perform(strike(fault, self._loop.time())):
                return False
        return True

    def _write_head(
        self, reply: Reply, length: int | None, *, keep_alive: bool, chunked: bool = False
    ) -> None:
        headers = dict(reply.headers)
        if length is not None:
            headers["content-length"] = str(length)
        if chunked:
            headers["transfer-encoding"] = "chunked"
        if not keep_alive:
            headers["connection"] = "close"
        self._transport.write(http1.head(reply.status, headers))

    def _write_body(self, reply: Reply, *, keep_alive: bool) -> None:
        self._write_head(reply, len(reply.body), keep_alive=keep_alive)
        self._transport.write(reply.body)

    async def _send(self, pieces: AsyncIterator[Piece], delivery: Delivery) -> bool:
        applier = delivery.applier
        assert applier is not None
        if not await self._perform_all(applier.begin(self._loop.time())):
            return False
        self._set_timer(applier)
        async for piece in pieces:
            actions = applier.feed(piece)
            self._set_timer(applier)
            if not await self._perform_all(actions):
                return False
            if applier.stopped:
                break
        if not applier.stopped:
            return await self._perform_all(applier.finish(self._loop.time()))
        if delivery.how != "complete":
            await self._loop.create_future()  # struck from outside: until the peer leaves
        return True

    def _set_timer(self, applier: Applier | None) -> None:
        """Have what is due at a time happen then, in a silence too."""
        deadline = applier.deadline if applier is not None else None
        if self._timer is not None:
            if self._timer.when() == deadline and not self._timer.cancelled():
                return
            self._timer.cancel()
            self._timer = None
        if applier is not None and deadline is not None:
            self._timer = self._loop.call_at(deadline, self._tick, applier)

    def _tick(self, applier: Applier) -> None:
        self._timer = None
        self._do_now(applier.tick(self._loop.time()))
        self._set_timer(applier)

    def _do_now(self, actions: Sequence[Action]) -> None:
        """From outside the task that serves, which may sleep through a silence."""
        for action in actions:
            self._do(action)
            if isinstance(action, Finish):
                self._transport.close()

    async def _perform_all(self, actions: Sequence[Action]) -> bool:
        for action in actions:
            if not await self._perform(action):
                return False
        return True

    async def _perform(self, action: Action) -> bool:
        """Do it when it is due; whether the connection lives on."""
        if (delay := action.due - self._loop.time()) > 0:
            await asyncio.sleep(delay)
        if not self._flowing.is_set():
            await self._flowing.wait()
        if isinstance(action, Reset | GoOffline | Forget):
            await arrived(self._transport)
        self._do(action)
        if isinstance(action, Pause | Hold):
            await self._flowing.wait()
        if not self._writable.is_set():
            await self._writable.wait()
        if self._transport.is_closing():
            return False  # the peer has left; asyncio tells the task so only when this loop rests
        return self.delivery is not None and self.delivery.how != "broken"

    def _do(self, action: Action) -> None:
        """At once, without waiting for anything."""
        delivery = self.delivery
        assert delivery is not None
        match action:
            case Send(data=data):
                self._transport.write(http1.chunk(data) if delivery.chunked else data)
            case SendShort(data=data, announced=announced):
                short = http1.chunk(data, announced=announced) if delivery.chunked else data
                self._transport.write(short)
            case Finish():
                if delivery.chunked:
                    self._transport.write(http1.LAST_CHUNK)
                delivery.finish()
            case Pause(until=until):
                self._flowing.clear()
                self._loop.call_at(until, self._flowing.set)
            case Hold():
                self._flowing.clear()
            case _:
                delivery.how = "broken"
                self._break(action, delivery.address.response_id)

    def _break(self, action: Action, response_id: str | None) -> None:
        match action:
            case Close():
                self._transport.close()
                return
            case GoOffline(seconds=seconds):
                self._owner.go_offline(response_id, seconds)
            case Forget() if response_id is not None:
                self._owner.ledger.account(response_id).forgotten = True
        self.reset()


async def _whole(piece: Piece) -> AsyncIterator[Piece]:
    yield piece


def _wants_stream(address: Address, request: Request) -> bool:
    if address.kind != "create":
        return address.kind == "resume"
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(body, dict) and body.get("stream") is True
