"""A provider that costs nothing: events encoded ahead, each sent alone, gathered or in time.

    python -m workbench.bench.upstream

What a stream is like stands in the model's name, so that any client can ask for it. An event
that is sent in time carries the moment it was sent, on the clock that all processes share.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import orjson

from workbench.bench.children import answer, used

__all__ = ["Plan"]

_ITEM = "msg_68cf3a2b1c0081a2b4d9c0ffee00112233445566778899aa"
_WORD = " words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a stream is like."""

    deltas: int
    every_s: float = 0.0  # 0: as fast as the socket takes them
    gather: int = 0  # bytes of a chunk; 0: each event alone
    cut_after: int = 0  # events of the first connection; 0: it is not cut

    @property
    def model(self) -> str:
        return urlencode(asdict(self))

    @classmethod
    def of(cls, model: str) -> "Plan":
        said = dict(parse_qsl(model))
        return cls(
            deltas=int(said["deltas"]),
            every_s=float(said["every_s"]),
            gather=int(said["gather"]),
            cut_after=int(said["cut_after"]),
        )


@dataclass(slots=True)
class _Stream:
    id: str
    plan: Plan
    began: float
    cut: float | None = None


@cache
def events(deltas: int) -> list[dict[str, Any]]:
    """A whole response; deltas as long as those of real streams, about 265 bytes a frame."""
    place = {"item_id": _ITEM, "output_index": 0, "content_index": 0}
    text = _WORD * deltas
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    item = {"id": _ITEM, "type": "message", "role": "assistant", "status": "in_progress"}
    whole = {**item, "status": "completed", "content": [{**part, "text": text}]}
    delta = {"delta": _WORD, "logprobs": [], "obfuscation": "Xk2pQz81LmVw"}
    found: list[dict[str, Any]] = [
        {"type": "response.created"},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {"type": "response.content_part.added", **place, "part": part},
        *({"type": "response.output_text.delta", **place, **delta} for _ in range(deltas)),
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": {**part, "text": text}},
        {"type": "response.output_item.done", "output_index": 0, "item": whole},
        {"type": "response.completed"},
    ]
    return [{"sequence_number": n, **event} for n, event in enumerate(found)]


def frame(event: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), orjson.dumps(event))


def response(id_: str, deltas: int, *, ended: bool) -> dict[str, Any]:
    done = events(deltas)[-2]["item"]
    return {
        "id": id_,
        "object": "response",
        "created_at": 1_700_000_000,
        "status": "completed" if ended else "in_progress",
        "model": "upstream",
        "output": [done] if ended else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def of_stream(event: dict[str, Any], stream: _Stream) -> dict[str, Any]:
    if event["type"] in {"response.created", "response.completed"}:
        ended = event["type"] == "response.completed"
        return {**event, "response": response(stream.id, stream.plan.deltas, ended=ended)}
    return event


@cache
def chunks(deltas: int, gather: int) -> list[bytes]:
    """A whole stream as HTTP chunks, encoded once."""
    stream = _Stream("resp_burst", Plan(deltas=deltas, gather=gather), 0.0)
    frames = [frame(of_stream(event, stream)) for event in events(deltas)]
    if gather:
        whole = b"".join(frames)
        frames = [whole[at : at + gather] for at in range(0, len(whole), gather)]
    return [_chunk(piece) for piece in frames]


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def do_POST(self) -> None:
        body = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
        self._stream(self.server.begin(Plan.of(body["model"])), after=-1)

    def do_GET(self) -> None:
        asked = time.monotonic()
        parts = urlsplit(self.path)
        id_, query = parts.path.rpartition("/")[2], parse_qs(parts.query)
        stream = self.server.streams.get(id_)
        if stream is None or "stream" not in query:
            self._refuse(id_)
        else:
            self._stream(stream, after=int(query["starting_after"][0]), asked=asked)

    def _refuse(self, id_: str) -> None:
        body = orjson.dumps({"error": {"message": f"Response with id '{id_}' not found."}})
        self.send_response(404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, stream: _Stream, *, after: int, asked: float | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        plan = stream.plan
        pieces = (
            _in_time(stream, after, asked) if plan.every_s else chunks(plan.deltas, plan.gather)
        )
        try:
            for piece in pieces:
                self.wfile.write(piece)
            if stream.cut is None or asked is not None:
                self.wfile.write(b"0\r\n\r\n")
            else:
                self.close_connection = True
        except OSError:
            self.close_connection = True  # whoever listened was killed

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing: standard error is the parent's."""


def _in_time(stream: _Stream, after: int, asked: float | None) -> Iterator[bytes]:
    """The events after one, each when it is due; of a continuation also how it came about."""
    plan = stream.plan
    for n, event in enumerate(events(plan.deltas)):
        if n <= after:
            continue
        if plan.cut_after and n == plan.cut_after and asked is None:
            stream.cut = time.monotonic()
            return
        time.sleep(max(0.0, stream.began + n * plan.every_s - time.monotonic()))
        stamps = {"sent": time.monotonic()}
        if asked is not None:
            stamps |= {"asked": asked, "cut": stream.cut or 0.0}
        yield _chunk(frame({**of_stream(event, stream), **stamps}))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.streams: dict[str, _Stream] = {}
        self._numbers = count()

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: whoever listened went away, and that is its right."""

    def begin(self, plan: Plan) -> _Stream:
        stream = _Stream(f"resp_{next(self._numbers)}", plan, time.monotonic())
        self.streams[stream.id] = stream
        return stream


def main() -> None:
    server = _Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host, port = server.server_address[:2]
    answer({"used": used}, hello=f"http://{host!s}:{port}/v1")


if __name__ == "__main__":
    main()
