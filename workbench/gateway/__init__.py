"""The HTTP face of a workbench: routes that any ASGI app can mount."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from workbench.gateway.base import ApiError, WorkbenchLike, answer_error
from workbench.gateway.events import event_route
from workbench.gateway.limits import Limits
from workbench.gateway.raw import raw_route
from workbench.gateway.runs import run_routes
from workbench.gateway.socket import socket_route
from workbench.gateway.tails import Tails

__all__ = ["Limits", "routes"]

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


def routes(
    wb: WorkbenchLike, *, limits: Limits | None = None
) -> tuple[list[BaseRoute], Callable[[], None]]:
    """All routes under /api, and the call that ends what still streams.

    A server waits for open connections before it shuts down; the call lets them end at once.
    """
    limits = limits or Limits()
    tails = Tails(wb.log)
    found: list[BaseRoute] = [
        *run_routes(wb, limits),
        raw_route(wb),
        event_route(tails, limits),
        socket_route(tails, limits),
        # Without this an unknown path would be answered by the dashboard's page, with 200.
        Route("/api/{rest:path}", _unknown, methods=_METHODS),
        Route("/api", _unknown, methods=_METHODS),
    ]
    return found, tails.close


async def _unknown(request: Request) -> Response:
    return answer_error(
        ApiError(404, "unknown_path", f"There is no {request.method} {request.url.path} here.")
    )
