"""Many readers of event streams in one thread, as cheap as sockets can be: the other side of a
benchmark must not be what is measured."""

import re
import resource
import select
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

__all__ = ["Readers", "allow_files"]

_SENT = re.compile(rb'"sent":([0-9.]+)').findall


class Readers:
    """Opens a stream for each URL; `latencies` are seconds from sending to having read."""

    def __init__(self, urls: Iterable[str]) -> None:
        self.latencies: list[float] = []
        self._tails: dict[int, bytes] = {}
        self._sockets: dict[int, socket.socket] = {}
        self._open: set[int] = set()
        self._poll = select.poll()
        for url in urls:
            self._connect(url)

    def _connect(self, url: str) -> None:
        parts = urlsplit(url)
        address = parts.hostname or "", parts.port or 0
        opened = socket.create_connection(address, timeout=10)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        head = f"GET {path} HTTP/1.1\r\nHost: {address[0]}\r\nConnection: close\r\n\r\n"
        opened.sendall(head.encode())
        opened.setblocking(False)
        self._sockets[opened.fileno()] = opened
        self._tails[opened.fileno()] = b""
        self._open.add(opened.fileno())
        self._poll.register(opened.fileno(), select.POLLIN)

    def __len__(self) -> int:
        return len(self._sockets)

    def read(self, seconds: float, *, until: int | None = None) -> list[float]:
        """The latencies of what arrives within that time, or until there are so many.

        Also ends when every stream has ended.
        """
        self.latencies.clear()
        deadline = time.monotonic() + seconds
        while self._open and (left := deadline - time.monotonic()) > 0:
            for file, _ in self._poll.poll(left * 1000):
                self._receive(file)
            if until is not None and len(self.latencies) >= until:
                break
        return list(self.latencies)

    def _receive(self, file: int) -> None:
        with suppress(BlockingIOError, ConnectionResetError):
            data = self._sockets[file].recv(1 << 17)
            now = time.monotonic()
            if not data:
                self._poll.unregister(file)
                self._open.discard(file)
                return
            data = self._tails[file] + data
            whole = data.rfind(b"\n\n") + 2
            self._tails[file] = data[whole:] if whole > 1 else data
            if whole > 1:
                self.latencies += [now - float(sent) for sent in _SENT(data, 0, whole)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for opened in self._sockets.values():
            opened.close()


def allow_files(number: int) -> None:
    """As many open files as that, if the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < number:
        wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
