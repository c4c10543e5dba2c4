"""Ask the simulator's application without a socket."""

import asyncio
import json
from typing import Any, Literal

from workbench.simulator.app import Application
from workbench.simulator.exchange import Ending, Piece, Reply, Request

__all__ = ["Answer", "ask", "asking", "events_of"]


class Answer:
    """A reply with its body, decoded."""

    def __init__(self, reply: Reply, pieces: list[Piece]) -> None:
        self.reply = reply
        self.status = reply.status
        self.pieces = pieces
        self.bytes = b"".join(piece.data for piece in pieces) or reply.body

    @property
    def json(self) -> Any:
        return json.loads(self.bytes)

    @property
    def events(self) -> list[dict[str, Any]]:
        return events_of(self.bytes)

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


def events_of(stream: bytes) -> list[dict[str, Any]]:
    lines = stream.decode().split("\n")
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


async def asking(
    app: Application,
    method: str,
    path: str,
    body: Any = None,
    *,
    take: int | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One exchange as the server makes it; `take` leaves after so many pieces."""
    path, _, query = path.partition("?")
    pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
    content = (
        body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    )
    request = Request(method=method, path=path, query=pairs, body=content, headers=headers or {})
    reply = await app.handle(request)
    pieces: list[Piece] = []
    if reply.pieces is not None:
        async for piece in reply.pieces:
            pieces.append(piece)
            if len(pieces) == take:
                break
    if reply.closed:
        left = len(pieces) == take
        size = sum(len(piece.data) for piece in pieces)
        how: Literal["left", "complete"] = "left" if left else "complete"
        reply.closed(Ending(how=how, events=len(pieces), bytes=size))
    return Answer(reply, pieces)


def ask(app: Application, method: str, path: str, body: Any = None, **options: Any) -> Answer:
    return asyncio.run(asking(app, method, path, body, **options))
