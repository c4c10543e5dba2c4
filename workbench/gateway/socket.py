"""The entries of a run over a WebSocket, in batches: what the live view reads.

A dashboard uses sockets rather than event streams because a browser allows six connections
to a host over HTTP/1.1: the seventh tab would not even load.
"""

import asyncio
import time

import anyio
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from workbench.errors import CorruptEntry, InvalidCursor, RunGone, UnknownRun, WorkbenchError
from workbench.gateway.base import parse_cursor
from workbench.gateway.limits import Limits
from workbench.gateway.tails import Tails

__all__ = ["socket_route"]

_CLOSE_CODES: tuple[tuple[type[WorkbenchError], int], ...] = (
    (InvalidCursor, 4400),
    (RunGone, 4410),
    (UnknownRun, 4404),
    (CorruptEntry, 4500),
    (WorkbenchError, 4500),
)
TRY_LATER = 4429
_REASON_BYTES = 120  # a close frame holds 125 bytes, two of them the code


def socket_route(tails: Tails, limits: Limits) -> WebSocketRoute:
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_until_closed, websocket, group.cancel_scope)
                await _send_entries(websocket, tails, limits)
                group.cancel_scope.cancel()
        except* WebSocketDisconnect:
            pass  # the reader went away; that is its right

    return WebSocketRoute("/api/runs/{id}/ws", socket)


async def _until_closed(websocket: WebSocket, scope: anyio.CancelScope) -> None:
    """A reader says nothing; receiving is how its leaving is noticed."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
    scope.cancel()


async def _send_entries(websocket: WebSocket, tails: Tails, limits: Limits) -> None:
    run = websocket.path_params["id"]
    if tails.followers >= limits.followers:
        await websocket.close(TRY_LATER, "too many followers")
        return
    try:
        after = parse_cursor(websocket.query_params.get("after"))
        await tails.check(run, after)
        async with tails.reader(run, after, heartbeat_s=limits.heartbeat_s) as reader:
            while (batch := await reader.next()) is not None:
                text = b"[%b]" % b",".join(batch) if batch else b'{"ping":%.3f}' % time.time()
                await websocket.send_text(text.decode())
                if batch:
                    await asyncio.sleep(limits.batch_s)
        if not tails.is_closing:
            await websocket.send_text('{"end":true}')
            await websocket.close(1000)
        else:
            await websocket.close(1012, "the server restarts")
    except WorkbenchError as error:
        code = next(code for kind, code in _CLOSE_CODES if isinstance(error, kind))
        reason = str(error).encode()[:_REASON_BYTES].decode(errors="ignore")
        await websocket.close(code, reason)
