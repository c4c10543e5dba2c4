"""Forwards requests to a real provider, and cuts its streams into pieces at their frames."""

import hashlib
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import orjson

from workbench.errors import InvalidFault
from workbench.simulator.exchange import Address, Ending, Kind, Piece, Reply, Request
from workbench.simulator.refusals import refusal

__all__ = ["Forwarder", "pieces_of"]

# What belongs to one connection and not to the message; each side frames for itself.
_HOP: Final = frozenset(
    """
    connection content-length expect host keep-alive proxy-authenticate proxy-authorization
    proxy-connection te trailer transfer-encoding upgrade
    """.split()
)
_FRAME_END: Final = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_DATA: Final = re.compile(rb"^data: ?(\{.*)$", re.MULTILINE)
_TIMEOUT: Final = httpx.Timeout(None, connect=10.0)


class Forwarder:
    """Serves what another server answers; see `workbench.simulator.exchange`."""

    def __init__(self, target_base_url: str, named: Callable[[str, str], None]) -> None:
        parts = urlsplit(target_base_url.rstrip("/"))
        self.base_path = parts.path
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._named = named  # told when the id of a created response becomes known
        self._client: httpx.AsyncClient | None = None

    def address(self, request: Request) -> Address:
        path = request.path.removeprefix(self.base_path).strip("/").split("/")
        match request.method, path:
            case "POST", ["responses"] | ["chat", "completions"]:
                # Until the provider names it: the same body is the same create, asked again.
                id_ = "create-" + hashlib.sha256(request.body).hexdigest()[:24]
                return Address(kind="create", response_id=id_, connection=1)
            case "POST", ["responses", id_, "cancel"]:
                return Address(kind="cancel", response_id=id_)
            case "GET", ["responses", id_]:
                streams = request.query.get("stream", "").lower() in {"true", "1"}
                kind: Kind = "resume" if streams else "poll"
                return Address(kind=kind, response_id=id_, connection=1)
            case _:
                return Address(kind="other")

    def refused(self, address: Address, ending: Ending) -> None:
        """Nothing was sent to the provider, so there is nothing to tell it."""

    def fail(self, response_id: str, *, after: int | None, announced: bool) -> None:  # noqa: ARG002 - Served's signature
        raise InvalidFault(f"a real provider cannot be told to fail {response_id}")

    def take(self, response_id: str, numbers: Sequence[int]) -> None:
        """What is inserted here, the provider does not know of."""

    def complete(self, response_id: str) -> None:
        raise InvalidFault(f"a real provider cannot be told to complete {response_id}")

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def handle(self, request: Request) -> Reply:
        address = self.address(request)
        client = self._client = self._client or httpx.AsyncClient(timeout=_TIMEOUT)
        asked = client.build_request(
            request.method,
            self._origin + _target(request),
            headers=_asked_headers(request.headers),
            content=request.body or None,
        )
        try:
            response = await client.send(asked, stream=True)
        except httpx.TransportError as error:
            return refusal(
                502, f"The proxy could not reach {self._origin}: {error}", type_="proxy_error"
            )
        headers = {
            name.lower(): value
            for name, value in response.headers.items()
            if name.lower() not in _HOP
        }
        status = response.status_code
        if headers.get("content-type", "").startswith("text/event-stream"):
            pieces = self._pieces(response, address)
            return Reply(status=status, headers=headers, pieces=pieces, address=address)
        try:
            body = b"".join([chunk async for chunk in response.aiter_raw()])
        except httpx.TransportError as error:
            return refusal(502, f"{self._origin} broke off: {error}", type_="proxy_error")
        finally:
            await response.aclose()
        if address.kind == "create":
            self._learn(address, _json(body))
        return Reply(status=status, headers=headers, body=body, address=address)

    async def _pieces(self, response: httpx.Response, address: Address) -> AsyncIterator[Piece]:
        unnamed = address.kind == "create"
        try:
            async for piece in pieces_of(response.aiter_raw()):
                if unnamed and piece.type == "response.created":
                    unnamed = False
                    found = _DATA.search(piece.data)
                    self._learn(address, _json(found[1] if found else b"").get("response"))
                yield piece
        except httpx.TransportError as error:
            raise ConnectionError("the provider broke off") from error
        finally:
            await response.aclose()

    def _learn(self, address: Address, response: object) -> None:
        id_ = response.get("id") if isinstance(response, dict) else None
        if isinstance(id_, str) and address.response_id is not None:
            self._named(address.response_id, id_)


async def pieces_of(chunks: AsyncIterator[bytes]) -> AsyncIterator[Piece]:
    """The same bytes, cut after every blank line; each piece due as soon as it is whole."""
    held = b""
    scanned = 0
    async for chunk in chunks:
        held += chunk
        start = 0
        for end in _FRAME_END.finditer(held, max(0, scanned - 3)):
            yield _piece(held[start : end.end()])
            start = end.end()
        held = held[start:]
        scanned = len(held)
    if held:
        yield Piece(due=time.monotonic(), data=held)


def _piece(frame: bytes) -> Piece:
    found = _DATA.search(frame)
    event = _json(found[1].rstrip(b"\r") if found else b"")
    type_, sequence = event.get("type"), event.get("sequence_number")
    return Piece(
        due=time.monotonic(),
        data=frame,
        type=type_ if isinstance(type_, str) else None,
        sequence=sequence if isinstance(sequence, int) else None,
    )


def _json(data: bytes) -> dict[str, object]:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _asked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """As they came, but for the encoding: faults are put between frames, which must be seen."""
    kept = {name: value for name, value in headers.items() if name not in _HOP}
    return {**kept, "accept-encoding": "identity"}


def _target(request: Request) -> str:
    """The path and query as they came, but for a cursor that a fault has moved."""
    path, question, query = request.target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    if dict(pairs) == dict(request.query):
        return path + question + query
    moved = request.query.get("starting_after")
    kept = [(n, v) for n, v in pairs if n != "starting_after"]
    return f"{path}?{urlencode(kept + ([('starting_after', moved)] if moved else []))}"
