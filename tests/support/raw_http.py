"""A client that sees bytes: what came over the socket, and how it ended."""

import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

__all__ = [
    "Answer",
    "ask",
    "connect",
    "frames",
    "leave_with_reset",
    "read_answer",
    "receive_until",
    "request_bytes",
]

End = Literal["fin", "rst", "open"]


@dataclass(frozen=True)
class Answer:
    """One response exactly as it arrived."""

    raw: bytes
    end: End  # FIN, RST, or still open when the whole body was there or time was up
    arrivals: list[tuple[float, bytes]] = field(default_factory=list)  # monotonic time, bytes

    @property
    def status(self) -> int:
        return int(self.raw.split(b" ", 2)[1])

    @property
    def headers(self) -> dict[str, str]:
        lines = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def after_head(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def chunks(self) -> list[bytes]:
        """The whole chunks, without the last, empty one."""
        return [data for data, whole in _chunks(self.after_head) if whole and data]

    @property
    def is_finished(self) -> bool:
        """Whether the body ended in order."""
        if self.headers.get("transfer-encoding") == "chunked":
            return any(whole and not data for data, whole in _chunks(self.after_head))
        return len(self.after_head) == int(self.headers.get("content-length", "-1"))

    @property
    def body(self) -> bytes:
        """All bytes of the body that arrived, those of a chunk cut short too."""
        if self.headers.get("transfer-encoding") != "chunked":
            return self.after_head
        return b"".join(data for data, _ in _chunks(self.after_head))


def _chunks(data: bytes) -> list[tuple[bytes, bool]]:
    found = []
    while b"\r\n" in data:
        size, _, rest = data.partition(b"\r\n")
        length = int(size, 16)
        whole = rest[length : length + 2] == b"\r\n"
        found.append((rest[:length], whole))
        if not whole or length == 0:
            break
        data = rest[length + 2 :]
    return found


def request_bytes(
    method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    lines = {"Host": "simulator", "Content-Length": str(len(body)), **(headers or {})}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode("latin-1") + body


def connect(base_url: str) -> socket.socket:
    parts = urlsplit(base_url)
    assert parts.hostname is not None
    return socket.create_connection((parts.hostname, parts.port or 80), timeout=30)


def ask(
    base_url: str,
    method: str = "GET",
    path: str = "/v1/responses",
    body: bytes = b"",
    *,
    headers: Mapping[str, str] | None = None,
    within_s: float = 30.0,
) -> Answer:
    """Send one request on a connection of its own and watch what comes, until it ends."""
    with connect(base_url) as sock:
        sock.sendall(request_bytes(method, path, body, headers))
        return read_answer(sock, within_s=within_s)


def read_answer(sock: socket.socket, *, within_s: float = 30.0) -> Answer:
    deadline = time.monotonic() + within_s
    arrivals: list[tuple[float, bytes]] = []
    raw = b""
    end: End = "open"
    while (left := deadline - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            data = sock.recv(65536)
        except TimeoutError:
            break
        except ConnectionResetError:
            end = "rst"
            break
        if not data:
            end = "fin"
            break
        arrivals.append((time.monotonic(), data))
        raw += data
        answer = Answer(raw, "open", arrivals)
        if b"\r\n\r\n" in raw and answer.is_finished:
            return answer
    return Answer(raw, end, arrivals)


def receive_until(sock: socket.socket, marker: bytes) -> bytes:
    """Everything up to the packet in which the marker is complete."""
    data = b""
    while marker not in data:
        more = sock.recv(65536)
        assert more, f"the connection ended before {marker!r}"
        data += more
    return data


def leave_with_reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def frames(body: bytes) -> list[bytes]:
    """The whole SSE frames of a body with LF endings, each with its blank line."""
    return [part + b"\n\n" for part in body.split(b"\n\n")[:-1]]
