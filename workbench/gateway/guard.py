"""Who may talk to a local tool: the right Host, the right Origin and, off loopback, a token.

A page of any site can send requests to 127.0.0.1. Checking Host defeats DNS rebinding;
checking Origin defeats cross-site requests and WebSocket hijacking. Nothing here trusts a
cookie alone for what changes something: an Origin that is present must be ours.

What leaves says the same to browsers: no other site may read it, frame it, or be asked for
anything by it.
"""

import hmac
import re
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import parse_qs, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard", "is_loopback"]

COOKIE = "workbench_token"
_AUTHORITY = re.compile(r"(?P<host>[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?", re.ASCII | re.IGNORECASE)
_OTHERS = {"cross-site", "same-site"}  # a name is one site, whatever the port
# Streamlit starts with scripts in its page, and loads components and workers from blobs.
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{what} {whence}" for what, whence in _POLICY.items()),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine can mean it: a name such as 127.0.0.1.evil.example is not one."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(authority: str) -> str:
    """The name in a Host header, without its port; empty when it is not one."""
    found = _AUTHORITY.fullmatch(authority)
    return found["host"].strip("[]").lower() if found else ""


class Guard:
    """ASGI middleware around everything the process serves."""

    def __init__(
        self, app: ASGIApp, *, hosts: Iterable[str] = (), token: str | None = None
    ) -> None:
        self._app = app
        self._hosts = {host.lower() for host in hosts}
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, _for_us_alone(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403, "reason": "not allowed"})
        else:
            await refusal(scope, receive, _for_us_alone(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        # Of two, the next reader may believe the other one.
        if len(hosts) != 1 or not self._knows(host_of(hosts[0])):
            return PlainTextResponse("This host name is not served here.", status_code=421)
        is_elsewhere = any(not _is_ours(origin, hosts[0]) for origin in origins)
        is_fetched = headers.get("sec-fetch-site") in _OTHERS and not _is_navigation(scope, headers)
        if is_elsewhere or is_fetched:
            return PlainTextResponse("Requests from other sites are refused.", status_code=403)
        if self._token is None:
            return None
        return self._check_token(scope, headers, self._token)

    def _knows(self, host: str) -> bool:
        return is_loopback(host) or host in self._hosts

    def _check_token(self, scope: Scope, headers: Headers, token: str) -> Response | None:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        offered = query.get("token", [""])[0]
        if offered and _same(offered, token):
            is_page = scope["type"] == "http" and not scope["path"].startswith("/api/")
            return _remember(token, scope["path"], query) if is_page else None
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _same(bearer, token):
            return None
        if _same(_cookie(headers), token):
            return None
        return PlainTextResponse(
            "A token is needed: add ?token= and the value of WORKBENCH_TOKEN to the address.",
            status_code=401,
        )


def _for_us_alone(send: Send) -> Send:
    """What an answer says about other sites; Streamlit's own would let some of them in."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name in [name for name in headers if name.startswith("access-control-")]:
                del headers[name]
            headers.update(_HEADERS)
        await send(message)

    return guarded


def _is_ours(origin: str, authority: str) -> bool:
    return origin.lower() in {f"{scheme}://{authority.lower()}" for scheme in ("http", "https")}


def _is_navigation(scope: Scope, headers: Headers) -> bool:
    """A link on another page may open the dashboard; it may not fetch from it, or frame it."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest", "document") == "document"
        and not scope["path"].startswith("/api/")
    )


def _same(offered: str, token: str) -> bool:
    """Nobody who offers nothing has it, even where it is empty."""
    return offered != "" and hmac.compare_digest(offered.encode(), token.encode())


def _cookie(headers: Headers) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _remember(token: str, path: str, query: dict[str, list[str]]) -> Response:
    """Moves the token from the address bar, where it would be shared, into a cookie."""
    rest = urlencode(
        {name: values for name, values in query.items() if name != "token"}, doseq=True
    )
    # One slash alone: "//name" would lead to another host.
    here = "/" + quote(path.lstrip("/\\"))
    response = RedirectResponse(f"{here}?{rest}" if rest else here, status_code=303)
    # Not "strict": who follows a link in a mail would stand before the door again.
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax")
    return response
