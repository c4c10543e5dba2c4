"""Runs over HTTP: start, list, look, cancel, delete."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from functools import partial, wraps
from typing import Any

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.errors import LogUnavailable, WorkbenchError
from workbench.events import ENDED, RunRequest, Status
from workbench.gateway.base import ApiError, WorkbenchLike, answer_error, as_api_error
from workbench.gateway.limits import Limits

__all__ = ["answering", "run_routes"]

Endpoint = Callable[[Request], Awaitable[Response]]
# Not the base URL: the provider's key goes where that leads, and who asks here may not have it.
_ACCEPTED = {f.name for f in fields(RunRequest)} - {"base_url"} | {"key"}
_STATUSES: frozenset[Status] = ENDED | {"queued", "in_progress"}
_PAGE = 200


def answering(endpoint: Endpoint) -> Endpoint:
    """Turns errors into the API's answers."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ApiError as error:
            return answer_error(error)
        except WorkbenchError as error:
            return answer_error(as_api_error(error))

    return answer


def run_routes(wb: WorkbenchLike, limits: Limits) -> list[Route]:
    async def start(request: Request) -> Response:
        options = parse_start(await read_body(request, limits.body_bytes))
        unfinished = await to_thread.run_sync(_unfinished, wb, limits.unfinished_runs)
        if unfinished >= limits.unfinished_runs:
            raise ApiError(
                429, "limited", f"{unfinished} runs are unfinished; wait for some to end."
            )
        run = await to_thread.run_sync(partial(wb.start, **options))
        info = await to_thread.run_sync(wb.log.info, run.id)
        told = {"id": info.id, "status": info.status, "cursor": info.cursor}
        if (reason := info.marks.get("unlogged")) is not None:
            told["unlogged"] = reason
        return JSONResponse(told, status_code=201)

    async def listing(request: Request) -> Response:
        status, limit, before = parse_page(request)
        runs = await to_thread.run_sync(partial(wb.runs, status, limit, before))
        rows = await to_thread.run_sync(lambda: [run.to_row() for run in runs])
        return Response(orjson.dumps(rows), media_type="application/json")

    async def one(request: Request) -> Response:
        run = await to_thread.run_sync(wb.run, request.path_params["id"])
        found = await to_thread.run_sync(run.to_dict)
        return Response(orjson.dumps(found), media_type="application/json")

    async def cancel(request: Request) -> Response:
        run = await to_thread.run_sync(wb.run, request.path_params["id"])
        await to_thread.run_sync(run.cancel)
        info = await to_thread.run_sync(wb.log.info, run.id)
        return JSONResponse({"id": info.id, "status": info.status, "cursor": info.cursor}, 202)

    async def delete(request: Request) -> Response:
        await to_thread.run_sync(wb.delete, request.path_params["id"])
        return Response(status_code=204)

    return [
        Route("/api/runs", answering(start), methods=["POST"]),
        Route("/api/runs", answering(listing), methods=["GET"]),
        Route("/api/runs/{id}", answering(one), methods=["GET"]),
        Route("/api/runs/{id}", answering(delete), methods=["DELETE"]),
        Route("/api/runs/{id}/cancel", answering(cancel), methods=["POST"]),
    ]


def _unfinished(wb: WorkbenchLike, most: int) -> int:
    try:
        return len(wb.log.runs(status=("queued", "in_progress"), limit=most))
    except LogUnavailable:
        return 0  # `start` knows what to do without the store


async def read_body(request: Request, most: int) -> bytes:
    """The whole body, given up as soon as it is larger than allowed."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise ApiError(413, "too_large", f"A request may hold {most:,} bytes.")
        parts.append(part)
    return b"".join(parts)


def parse_start(body: bytes) -> dict[str, Any]:
    """The arguments of `start`, refused before anything is sent anywhere."""
    try:
        options = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "bad_request", f"The body is not JSON: {error}.") from error
    if not isinstance(options, dict):
        raise ApiError(400, "bad_request", "The body is a JSON object with at least `input`.")
    if unknown := sorted(set(options) - _ACCEPTED):
        raise ApiError(400, "bad_request", f"Unknown fields: {', '.join(unknown)}.")
    given = options.get("input")
    if not isinstance(given, str | list) or not given:
        raise ApiError(400, "bad_request", "`input` is a text, or a list of input items.")
    if not _can_be_stored(options):
        raise ApiError(400, "bad_request", "The body is nested too deeply.")
    return options


def _can_be_stored(options: dict[str, Any]) -> bool:
    """JSON is read deeper than it is written."""
    try:
        orjson.dumps(options)
    except orjson.JSONEncodeError:
        return False
    return True


def parse_page(request: Request) -> tuple[tuple[Status, ...] | None, int, str | None]:
    asked = request.query_params.get("status")
    status = tuple(s for s in _STATUSES if asked and s in asked.split(","))
    if asked and not status:
        raise ApiError(400, "bad_request", f"status is one of {', '.join(sorted(_STATUSES))}.")
    limit = request.query_params.get("limit", "50")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 4) or not 1 <= int(limit) <= _PAGE:
        raise ApiError(400, "bad_request", f"limit is a whole number from 1 to {_PAGE}.")
    return status or None, int(limit), request.query_params.get("before")
