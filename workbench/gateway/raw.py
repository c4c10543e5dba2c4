"""The bytes of one entry's event, as the log keeps them; a range of them when asked for one."""

import re
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.gateway.base import ApiError, WorkbenchLike, parse_cursor
from workbench.gateway.runs import answering

__all__ = ["SOURCE_HEADER", "raw_route"]

SOURCE_HEADER = "Workbench-Source"
# What a model wrote is never guessed to be a page, and a deleted run leaves nothing in a cache.
_HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


def raw_route(wb: WorkbenchLike) -> Route:
    async def raw(request: Request) -> Response:
        cursor = parse_cursor(request.path_params["cursor"])
        run = await to_thread.run_sync(wb.run, request.path_params["id"])
        stored = await to_thread.run_sync(partial(run.raw, cursor))
        headers = {**_HEADERS, SOURCE_HEADER: stored.source}
        return _answer(stored.json, request.headers.get("range"), headers)

    return Route("/api/runs/{id}/entries/{cursor}/raw", answering(raw), methods=["GET"])


def _answer(body: bytes, asked: str | None, headers: dict[str, str]) -> Response:
    """All of it, or the one range that was asked for; other kinds of ranges are not served."""
    found = _RANGE.fullmatch(asked or "")
    if found is None:
        return Response(body, media_type="application/json", headers=headers)
    first, last = int(found[1]), min(int(found[2] or len(body)), len(body) - 1)
    if first > last:
        raise ApiError(416, "bad_range", f"The entry has {len(body):,} bytes.")
    headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
    part = body[first : last + 1]
    return Response(part, 206, media_type="application/json", headers=headers)
