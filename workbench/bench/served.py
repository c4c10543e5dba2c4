"""A gateway in a process of its own, or what one would write without it.

    python -m workbench.bench.served disk|memory|queues FOLDER UPSTREAM_URL

`disk` is a workbench as it is, `memory` the same with a log that survives nothing, and `queues`
an event stream with a queue for each follower.
"""

import asyncio
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from workbench import Workbench
from workbench.bench.children import answer, used
from workbench.bench.harness import settings_for
from workbench.bench.log import arrivals, started
from workbench.bench.upstream import Plan
from workbench.events import Arrival
from workbench.gateway import routes
from workbench.log.base import Lease
from workbench.log.memory import MemoryLog


class _Bench:
    """Carries runs of an upstream, and publishes a run of its own."""

    def __init__(self, folder: Path, upstream: str, *, in_memory: bool) -> None:
        settings = settings_for(folder, upstream, concurrency=1000)
        self.wb = Workbench(settings=settings, log=MemoryLog() if in_memory else None)
        self.routes = routes(self.wb)[0]
        self._lease: Lease | None = None
        self._head = 0

    def path(self) -> str:
        """Of the run that `send` appends to."""
        self._lease, self._head = started(self.wb.log), 0
        return f"/api/runs/{self._lease.run}/events"

    def send(self, event: dict[str, Any]) -> None:
        assert self._lease is not None
        arrival = Arrival(self.wb.clock.now(), orjson.dumps(event))
        self.wb.log.append(self._lease, [arrival], after=self._head).result()
        self._head += 1

    def begin(self, plan: dict[str, Any], number: int) -> list[str]:
        """Begin so many runs; where their entries can be followed."""
        model = Plan(**plan).model
        runs = [
            self.wb.start("x", provider="openai", model=model, transport="stream")
            for _ in range(number)
        ]
        return [f"/api/runs/{run.id}/events" for run in runs]


class _Queues:
    """Each follower has a queue; a frame is encoded once for all of them."""

    def __init__(self) -> None:
        self.routes = [Route("/events", self._events)]
        self._queues: set[asyncio.Queue[bytes]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._head = 0

    def path(self) -> str:
        return "/events"

    def send(self, event: dict[str, Any]) -> None:
        self._head += 1
        entry = {"cursor": self._head, "at": time.time(), "event": event}
        frame = b"id: %d\ndata: %b\n\n" % (self._head, orjson.dumps(entry))
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._put, frame)

    def _put(self, frame: bytes) -> None:
        for queue in self._queues:
            queue.put_nowait(frame)

    async def _events(self, _: Request) -> Response:
        self._loop = asyncio.get_running_loop()
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)


def publish(source: _Bench | _Queues, number: int, every_s: float) -> dict[str, float]:
    """Send events at a steady pace; what it cost this process, its followers included."""
    event = orjson.loads(arrivals(1)[0].json)
    before, began = used(), time.monotonic()
    for n in range(number):
        time.sleep(max(0.0, began + n * every_s - time.monotonic()))
        source.send({**event, "sequence_number": n, "sent": time.monotonic()})
    time.sleep(0.1)  # what was sent last is still on its way
    after = used()
    return {"cpu_s": after["cpu_s"] - before["cpu_s"], "held_kb": after["held_kb"]}


def main(kind: str, folder: str, upstream: str) -> None:
    source: _Bench | _Queues
    source = (
        _Queues()
        if kind == "queues"
        else _Bench(Path(folder), upstream, in_memory=kind == "memory")
    )
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=source.routes), log_level="warning", backlog=2048)
    server = uvicorn.Server(config)
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    serving.start()
    while not server.started:
        time.sleep(0.01)
    answers: dict[str, Callable[..., Any]] = {
        "used": used,
        "path": source.path,
        "publish": lambda number, every_s: publish(source, number, every_s),
    }
    if isinstance(source, _Bench):
        answers["begin"] = source.begin
    answer(answers, hello=f"http://127.0.0.1:{listening.getsockname()[1]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
