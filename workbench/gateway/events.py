"""The entries of a run as server-sent events: the SSE id is the cursor.

A browser's own reconnect is the resume protocol: it sends the last id, and the stream goes on
behind it. When nothing will ever follow, 204 tells it to stop asking.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from workbench.gateway.base import ApiError, parse_cursor
from workbench.gateway.limits import Limits
from workbench.gateway.runs import answering
from workbench.gateway.tails import Tails

__all__ = ["event_route", "frame"]

HEARTBEAT = b": heartbeat\n\n"
# Proxies that gather a stream would hold back what matters most: its timing.
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@lru_cache(maxsize=64)  # all who follow a run get the same frame within a moment
def frame(cursor: int, entry: bytes) -> bytes:
    """One entry as an SSE frame; entries are JSON on one line or several."""
    lines = entry.replace(b"\r", b" ").split(b"\n")
    return b"id: %d\n" % cursor + b"".join(b"data: %b\n" % line for line in lines) + b"\n"


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
        return StreamingResponse(
            stream(tails, run, after, limits), media_type="text/event-stream", headers=HEADERS
        )

    return Route("/api/runs/{id}/events", answering(events), methods=["GET"])


async def stream(tails: Tails, run: str, after: int, limits: Limits) -> AsyncIterator[bytes]:
    async with aclosing(tails.follow(run, after, heartbeat_s=limits.heartbeat_s)) as batches:
        async for batch in batches:
            if not batch:
                yield HEARTBEAT
                continue
            yield b"".join(frame(after + n, entry) for n, entry in enumerate(batch, start=1))
            after += len(batch)
