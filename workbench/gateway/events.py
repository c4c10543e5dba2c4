"""The entries of a run as server-sent events: the SSE id is the cursor.

A browser's own reconnect is the resume protocol: it sends the last id, and the stream goes on
behind it. When nothing will ever follow, 204 tells it to stop asking.
"""

import asyncio
from functools import lru_cache
from itertools import count

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from workbench.gateway.base import ApiError, parse_cursor
from workbench.gateway.limits import Limits
from workbench.gateway.runs import answering
from workbench.gateway.tails import Reader, Tails

__all__ = ["event_route", "frame"]

HEARTBEAT = b": heartbeat\n\n"
REMEMBERED_BYTES = 64 * 1024
# Proxies that gather a stream would hold back what matters most: its timing.
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def frames(first: int, batch: list[bytes]) -> bytes:
    if len(batch) == 1:
        return frame(first, batch[0])
    return b"".join(map(frame, count(first), batch))


def frame(cursor: int, entry: bytes) -> bytes:
    """One entry as an SSE frame; entries are JSON on one line or several."""
    return _remembered(cursor, entry) if len(entry) < REMEMBERED_BYTES else _frame(cursor, entry)


def _frame(cursor: int, entry: bytes) -> bytes:
    lines = entry.replace(b"\r", b" ").split(b"\n")
    return b"id: %d\n" % cursor + b"".join(b"data: %b\n" % line for line in lines) + b"\n"


# All who follow a run get the same frame within a moment.
_remembered = lru_cache(maxsize=64)(_frame)


def event_route(tails: Tails, limits: Limits) -> Route:
    async def events(request: Request) -> Response:
        run = request.path_params["id"]
        reconnects = "last-event-id" in request.headers
        asked = request.headers.get("last-event-id") or request.query_params.get("after")
        after = parse_cursor(asked)
        is_over = await tails.check(run, after)
        if is_over and reconnects:
            return Response(status_code=204)
        if tails.followers >= limits.followers:
            raise ApiError(429, "limited", f"{limits.followers} followers are being served.")
        return _EventStream(tails, run, after, limits)

    return Route("/api/runs/{id}/events", answering(events), methods=["GET"])


class _EventStream(Response):
    """Starlette's own streaming keeps a task group for each reader: twice the memory and time."""

    media_type = "text/event-stream"

    def __init__(self, tails: Tails, run: str, after: int, limits: Limits) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(HEADERS)
        self._tails = tails
        self._run = run
        self._after = after
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope["method"] != "HEAD":
            await self._send_entries(receive, send)
        await send({"type": "http.response.body", "body": b""})

    async def _send_entries(self, receive: Receive, send: Send) -> None:
        heartbeat_s = self._limits.heartbeat_s
        async with self._tails.reader(self._run, self._after, heartbeat_s=heartbeat_s) as reader:
            leaving = asyncio.create_task(_until_left(receive, reader))
            try:
                while (batch := await reader.next()) is not None:
                    first = reader.cursor - len(batch) + 1
                    body = frames(first, batch) if batch else HEARTBEAT
                    await send({"type": "http.response.body", "body": body, "more_body": True})
            finally:
                leaving.cancel()


async def _until_left(receive: Receive, reader: Reader) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.leave()
