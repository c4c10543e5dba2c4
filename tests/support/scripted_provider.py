"""A Responses server whose every answer a test writes: which bytes, and how they end."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal, Self

import orjson

from tests.support.raw_server import (
    Asked,
    Peer,
    RawServer,
    Script,
    chunked,
    json_answer,
    sse_head,
)
from workbench.events import Event

__all__ = [
    "RESPONSE_ID",
    "ScriptedProvider",
    "answers",
    "body_of",
    "final_of",
    "frame",
    "response",
    "spoken",
    "streams",
]

RESPONSE_ID = "resp_scripted"
Ends = Literal["whole", "cut", "reset", "silent"]
Kind = Literal["probe", "create", "resume", "poll", "cancel", "chat"]


def frame(event: Event) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (str(event["type"]).encode(), orjson.dumps(event))


def body_of(events: Sequence[Event]) -> bytes:
    return b"".join(frame(event) for event in events)


def response(status: str, text: str | None = None, **fields: Any) -> Event:
    """A response object with one message, or with no output yet."""
    output = [] if text is None else [_message("completed", [_part(text)])]
    return {
        "id": RESPONSE_ID,
        "object": "response",
        "created_at": 1_770_000_000,
        "model": "scripted-1",
        "status": status,
        "output": output,
        "usage": None,
        "error": None,
        "incomplete_details": None,
        **fields,
    }


def spoken(*words: str, status: str = "completed", **final: Any) -> list[Event]:
    """The numbered events of a response that says these words, one in each delta."""
    text, place = "".join(words), {"item_id": "msg_1", "output_index": 0}
    part = {**place, "content_index": 0}
    events: list[Event] = [
        {"type": "response.created", "response": response("queued")},
        {"type": "response.in_progress", "response": response("in_progress")},
        {"type": "response.output_item.added", **place, "item": _message("in_progress", [])},
        {"type": "response.content_part.added", **part, "part": _part("")},
        *({"type": "response.output_text.delta", **part, "delta": word} for word in words),
        {"type": "response.output_text.done", **part, "text": text},
        {"type": "response.content_part.done", **part, "part": _part(text)},
        {
            "type": "response.output_item.done",
            **place,
            "item": _message("completed", [_part(text)]),
        },
        {"type": f"response.{status}", "response": response(status, text, **final)},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def final_of(events: Sequence[Event]) -> Event:
    found: Event = events[-1]["response"]
    return found


def streams(*pieces: bytes, ends: Ends = "whole", head: bytes | None = None) -> Script:
    """An event stream whose chunks are these pieces."""

    async def play(peer: Peer, _: Asked) -> None:
        await peer.send(sse_head(more="Connection: close\r\n") if head is None else head)
        for piece in pieces:
            await peer.send(chunked(piece))
        match ends:
            case "whole":
                await peer.send(b"0\r\n\r\n")
            case "reset":
                peer.reset()
            case "silent":
                await peer.until_closed()
            case "cut":
                return

    return play


def answers(status: int, body: Any, *, more: str = "") -> Script:
    async def play(peer: Peer, _: Asked) -> None:
        await peer.send(json_answer(status, body, more=more))

    return play


def _message(status: str, content: list[Event]) -> Event:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    }


def _part(text: str) -> Event:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _kind(asked: Asked) -> Kind:
    method, path, _ = asked.line.split(" ")
    if method == "POST":
        if path.endswith("/chat/completions"):
            return "chat"
        return "cancel" if path.endswith("/cancel") else "create"
    if "workbench_probe" in path:
        return "probe"
    return "resume" if "stream=true" in path else "poll"


def _not_found(id_: str) -> Script:
    message = f"Response with id '{id_}' not found."
    return answers(404, {"error": {"message": message, "type": "invalid_request_error"}})


class ScriptedProvider:
    """Each kind of request has its scripts, taken in turn; the last one is taken for good."""

    def __init__(
        self,
        *,
        creates: Sequence[Script] = (),
        resumes: Sequence[Script] = (),
        polls: Sequence[Script] = (),
        cancels: Sequence[Script] = (),
        chats: Sequence[Script] = (),
        stores: bool = True,
    ) -> None:
        self._scripts: dict[Kind, Sequence[Script]] = {
            "probe": [_not_found("resp_workbench_probe" if stores else "nothing here")],
            "create": creates,
            "resume": resumes,
            "poll": polls,
            "cancel": cancels,
            "chat": chats,
        }
        self._asked: list[tuple[Kind, Asked]] = []
        self._server = RawServer(self._serve)

    @property
    def base_url(self) -> str:
        return self._server.base_url

    def asked(self, kind: Kind) -> list[Asked]:
        """The requests of one kind, in order."""
        return [asked for of, asked in self._asked if of == kind]

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.__aexit__()

    async def _serve(self, peer: Peer, asked: Asked) -> None:
        kind = _kind(asked)
        self._asked.append((kind, asked))
        scripts = self._scripts[kind] or [_not_found(RESPONSE_ID)]
        turn = min(len(self.asked(kind)), len(scripts)) - 1
        await scripts[turn](peer, asked)
        await asyncio.sleep(0)
