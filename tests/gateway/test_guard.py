"""Only this machine's own pages may talk to a local tool."""

import socket
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.support.asgi import serve
from workbench.gateway.guard import Guard


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def generous(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello", headers={"Access-Control-Allow-Origin": "*"})


async def greet(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


def app() -> ASGIApp:
    return Starlette(
        routes=[
            Route("/", hello),
            Route("/open", generous),
            Route("/api/x", hello, methods=["GET", "POST"]),
            WebSocketRoute("/ws", greet),
        ]
    )


@pytest.fixture
def local() -> Iterator[str]:
    with serve(Guard(app())) as url:
        yield url


@pytest.fixture
def shared() -> Iterator[str]:
    with serve(Guard(app(), token="open sesame")) as url:
        yield url


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST:8501"])
def test_this_machine_is_served(local: str, host: str) -> None:
    assert httpx.get(f"{local}/api/x", headers={"Host": host}).text == "hello"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "",
        "[",
        "a@b",
        "evil@127.0.0.1",
        "127.0.0.1/x",
        "127.0.0.1#evil.example",
        "localhost:x",
    ],
)
def test_a_rebound_name_is_refused(local: str, host: str) -> None:
    assert httpx.get(f"{local}/api/x", headers={"Host": host}).status_code in {400, 421}


@pytest.mark.parametrize(
    ("heads", "status"),
    [
        ((), 421),
        (("Host: 127.0.0.1",), 200),
        (("Host: 127.0.0.1", "Host: evil.example"), 421),
        (("Host: 127.0.0.1", "Origin: http://127.0.0.1", "Origin: http://evil.example"), 403),
        (("Host: 127.0.0.1", "Origin: http://["), 403),
    ],
)
def test_a_request_says_once_whom_it_asks_and_who_asks(
    local: str, heads: tuple[str, ...], status: int
) -> None:
    request = "\r\n".join(("GET /api/x HTTP/1.1", *heads, "Connection: close", "", ""))
    with socket.create_connection(("127.0.0.1", httpx.URL(local).port or 0), timeout=10) as peer:
        peer.sendall(request.encode())
        assert peer.recv(65_536).split(b" ")[1] == b"%d" % status


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://", "http://[", ""]
)
def test_another_sites_request_is_refused(local: str, origin: str) -> None:
    answer = httpx.post(f"{local}/api/x", headers={"Origin": origin})
    assert answer.status_code == 403


def test_our_own_page_is_served(local: str) -> None:
    assert httpx.post(f"{local}/api/x", headers={"Origin": local}).status_code == 200


def test_another_site_may_link_here_but_not_fetch(local: str) -> None:
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert httpx.get(f"{local}/", headers=linked).status_code == 200
    assert httpx.get(f"{local}/api/x", headers=linked).status_code == 403
    framed = {**linked, "Sec-Fetch-Dest": "iframe"}
    assert httpx.get(f"{local}/", headers=framed).status_code == 403
    # Another port of this machine is another site's page too, whatever browsers call it.
    for site in ("cross-site", "same-site"):
        fetched = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
        assert httpx.get(f"{local}/", headers=fetched).status_code == 403


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/nothing", 404), ("/open", 200)])
def test_no_answer_lets_another_site_read_or_frame_it(local: str, path: str, status: int) -> None:
    answer = httpx.get(f"{local}{path}")
    assert answer.status_code == status
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_another_sites_socket_is_refused(local: str) -> None:
    url = local.replace("http", "ws") + "/ws"
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        connect(url, origin=Origin("https://evil.example")).recv()
    with connect(url, origin=Origin(local)) as peer:
        assert peer.recv() == "hello"


def test_without_the_token_nothing_is_served(shared: str) -> None:
    assert httpx.get(f"{shared}/api/x").status_code == 401
    assert httpx.get(f"{shared}/api/x?token=wrong").status_code == 401
    assert httpx.get(f"{shared}/", headers={"Authorization": "Bearer wrong"}).status_code == 401
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        connect(shared.replace("http", "ws") + "/ws").recv()


def test_an_empty_token_opens_to_nobody() -> None:
    with serve(Guard(app(), token="")) as url:
        assert httpx.get(f"{url}/api/x").status_code == 401
        assert httpx.get(f"{url}/api/x?token=").status_code == 401
        assert httpx.get(f"{url}/api/x", headers={"Authorization": "Bearer"}).status_code == 401


def test_the_token_opens_as_bearer_or_in_the_address(shared: str) -> None:
    bearer = {"Authorization": "Bearer open sesame"}
    assert httpx.get(f"{shared}/api/x", headers=bearer).text == "hello"
    assert httpx.get(f"{shared}/api/x", params={"token": "open sesame"}).text == "hello"


def test_the_first_page_moves_the_token_into_a_cookie(shared: str) -> None:
    with httpx.Client(base_url=shared, follow_redirects=True) as browser:
        first = browser.get("/", params={"token": "open sesame"})
        assert first.text == "hello"
        assert "token=" not in str(first.url)
        cookie = first.history[0].headers["set-cookie"]
        assert "HttpOnly" in cookie
        # With "strict" a link from a mail would lead to the door and stop there.
        assert "samesite=lax" in cookie.lower()
        assert browser.get("/api/x").text == "hello"
