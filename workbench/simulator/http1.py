"""HTTP/1.1 as a server sees it: bytes in, requests out; heads and chunks back. No I/O.

Responses are framed here, by hand, because a library that speaks HTTP correctly cannot be told
to cut a chunk short.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

from workbench.simulator.exchange import Request, number_from

__all__ = ["LAST_CHUNK", "MAX_BODY_BYTES", "BadRequest", "RequestParser", "chunk", "head"]

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024

LAST_CHUNK = b"0\r\n\r\n"
_REQUEST_LINE = re.compile(r"([A-Z]+) (\S+) HTTP/1\.[01]")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")


class BadRequest(ValueError):
    """The peer broke the framing; the connection cannot go on. Carries the status to answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class _Head:
    method: str
    target: str
    headers: dict[str, str]
    length: int | None  # None: chunked


class RequestParser:
    """Feed it bytes as they arrive, then take requests until there are none."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: _Head | None = None
        self._body = bytearray()  # of a chunked request, what is decoded so far
        self.wants_continue = False

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next_request(self) -> Request | None:
        """The next whole request, or None when more bytes are needed."""
        if self._head is None:
            self._head = self._take_head()
        if self._head is None:
            return None
        body = self._take_chunks() if self._head.length is None else self._take(self._head.length)
        if body is None:
            return None
        head, self._head, self.wants_continue = self._head, None, False
        try:
            parts = urlsplit(head.target)
        except ValueError as error:
            raise BadRequest("the request's target is no URL") from error
        return Request(
            method=head.method,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers=head.headers,
            body=body,
            target=head.target,
        )

    def _take_head(self) -> _Head | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise BadRequest("the request's headers are too large", 431)
            return None
        line, *fields = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        found = _REQUEST_LINE.fullmatch(line)
        if found is None:
            raise BadRequest("this is no HTTP/1.1 request line")
        headers = {}
        for each in fields:
            name, colon, value = each.partition(":")
            if not colon or not name or name != name.strip():
                raise BadRequest("a header line has no name")
            headers[name.lower()] = value.strip()
        self.wants_continue = headers.get("expect", "").lower() == "100-continue"
        return _Head(found[1], found[2], headers, _body_length(headers))

    def _take(self, length: int) -> bytes | None:
        if len(self._buffer) < length:
            return None
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def _take_chunks(self) -> bytes | None:
        while True:
            size = _CHUNK_SIZE.match(self._buffer)
            if size is None:
                if len(self._buffer) > 1024:
                    raise BadRequest("a chunk has no size")
                return None
            length = int(size[1], 16)
            if len(self._body) + length > MAX_BODY_BYTES:
                raise BadRequest("the request's body is too large", 413)
            end = size.end() + length
            if len(self._buffer) < end + 2:
                return None
            self._body += self._buffer[size.end() : end]
            del self._buffer[: end + 2]
            if length == 0:
                body, self._body = bytes(self._body), bytearray()
                return body


def _body_length(headers: Mapping[str, str]) -> int | None:
    if "transfer-encoding" in headers:
        return None
    length = number_from(headers.get("content-length", "0"))
    if length is None:
        raise BadRequest("content-length is not a number")
    if length > MAX_BODY_BYTES:
        raise BadRequest("the request's body is too large", 413)
    return length


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The status line and headers of a response."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Status"
    lines = [
        f"HTTP/1.1 {status} {phrase}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data: bytes, *, announced: int | None = None) -> bytes:
    """One chunk; announcing more than it holds leaves it without its end, on purpose."""
    size = len(data) if announced is None else announced
    return b"%x\r\n%b%b" % (size, data, b"\r\n" if size == len(data) else b"")
