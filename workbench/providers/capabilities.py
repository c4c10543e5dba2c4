"""What a base URL can do: asked once, remembered, and the nearest transport when it lacks one."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import uuid4

import orjson

from workbench.events import RunRequest, Transport
from workbench.providers.base import Capabilities

__all__ = ["CapabilityMemory", "FileMemory", "ProcessMemory", "adapt"]

# Servers are upgraded; what one could not do last week it may do today.
_VALID_S: Final = 24 * 3600.0

_NEAREST: Final[Mapping[Transport, tuple[Transport, ...]]] = {
    "background": ("background", "stream", "poll", "sync"),
    "poll": ("poll", "sync", "stream"),
    "stream": ("stream", "sync"),
    "sync": ("sync", "stream"),
}
_WITHOUT: Final[Mapping[Transport, str]] = {
    "background": "has no background mode, so a cut cannot be resumed",
    "poll": "has no background mode, so there is nothing to poll",
    "stream": "does not stream",
    "sync": "only streams",
}


class CapabilityMemory(Protocol):
    """Remembers by base URL."""

    def get(self, base_url: str) -> Capabilities | None:
        """What was found out, if anything was."""

    def put(self, base_url: str, capabilities: Capabilities) -> None:
        """Remember it instead of what was known before."""


class ProcessMemory:
    """As long as this process lives."""

    def __init__(self) -> None:
        self._known: dict[str, Capabilities] = {}

    def get(self, base_url: str) -> Capabilities | None:
        return self._known.get(base_url)

    def put(self, base_url: str, capabilities: Capabilities) -> None:
        self._known[base_url] = capabilities


class FileMemory:
    """A JSON file shared by the processes of one folder. It is a convenience: an unreadable file
    is an empty one, and of two processes that write at once one may have to ask again."""

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now

    def get(self, base_url: str) -> Capabilities | None:
        found = self._read().get(base_url)
        if not isinstance(found, dict) or self._now() - found.get("at", 0.0) > _VALID_S:
            return None
        known = {one.name for one in fields(Capabilities)}
        return Capabilities(**{name: found[name] for name in known & found.keys()})

    def put(self, base_url: str, capabilities: Capabilities) -> None:
        known = self._read() | {base_url: asdict(capabilities) | {"at": self._now()}}
        beside = self._path.with_name(f".{self._path.name}.{uuid4().hex}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(orjson.dumps(known, option=orjson.OPT_INDENT_2))
            beside.replace(self._path)
        except OSError:
            beside.unlink(missing_ok=True)  # a full or read-only disk costs a question, no run

    def _read(self) -> dict[str, Any]:
        try:
            found = orjson.loads(self._path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return {}
        return found if isinstance(found, dict) else {}


def adapt(request: RunRequest, capabilities: Capabilities) -> tuple[Transport, str | None]:
    """The nearest transport that can be had, and why it is not the one asked for."""
    wanted = request.transport
    used = next((one for one in _NEAREST[wanted] if _can(capabilities, one)), wanted)
    return used, None if used == wanted else f"{request.provider} {_WITHOUT[wanted]}"


def _can(capabilities: Capabilities, transport: Transport) -> bool:
    """What is not known is tried."""
    can = capabilities
    match transport:
        case "background":
            return False not in {can.background, can.stream}
        case "poll":
            return False not in {can.background, can.poll}
        case "stream":
            return can.stream is not False
        case "sync":
            return True
