"""What asyncio does not say about a socket: whether all has arrived, and how to end with RST."""

import asyncio
import socket
import struct
import sys
from typing import Any, Final

__all__ = ["arrived", "end_with_reset", "send_at_once"]

# Linger for no time at all: closing then sends RST and drops what was not sent.
_NO_LINGER: Final = struct.pack("ii", 1, 0)
_STEP_S: Final = 0.001
_PATIENCE_S: Final = 0.5


def send_at_once(transport: asyncio.Transport) -> None:
    """A small write must never wait for an ACK."""
    _socket(transport).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def end_with_reset(transport: asyncio.Transport) -> None:
    _socket(transport).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


async def arrived(transport: asyncio.Transport) -> None:
    """Wait until the peer's side has all that was written: a reset overtakes what is queued.

    A peer that reads nothing is not waited for long.
    """
    for _ in range(int(_PATIENCE_S / _STEP_S)):
        if transport.get_write_buffer_size() == 0 and _unacknowledged(transport) == 0:
            return
        await asyncio.sleep(_STEP_S)


if sys.platform == "linux":
    import fcntl
    import termios

    def _unacknowledged(transport: asyncio.Transport) -> int:
        number = fcntl.ioctl(_socket(transport).fileno(), termios.TIOCOUTQ, b"\0" * 4)
        return int.from_bytes(number, sys.byteorder)
else:

    def _unacknowledged(_: asyncio.Transport) -> int:
        return 0  # not known here: on other systems a reset may overtake the last events


def _socket(transport: asyncio.Transport) -> Any:
    return transport.get_extra_info("socket")
