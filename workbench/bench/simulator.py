"""Many streams on one simulator: how late their events are, and what a stream costs in memory.

Every stream plays the same scenario, so each event is due at the same moment after its own
`response.created`; late is what arrives after that.
"""

import asyncio
import json
import statistics
import sys
import time
from urllib.parse import urlsplit

from workbench.bench.children import Child, answer, child, used
from workbench.bench.harness import ROUNDS, Row, bounded
from workbench.bench.readers import allow_files
from workbench.simulator.server import Simulator

__all__ = ["simulator"]

_SPEED = 0.5
_SCENARIO = "short"  # at this speed it lasts six seconds; 500 streams, 10,000 events a second


def simulator(scale: float) -> list[Row]:
    streams = max(2, int(500 * scale))
    speed = _SPEED if scale == 1 else 10.0
    allow_files(streams + 100)
    with child("simulator", speed) as process:
        held = process.ask("used")["held_kb"]
        late, during = asyncio.run(_all(process, streams, speed))
    late.sort()
    size = max(1, len(late) // ROUNDS)
    # Rounds of one run: its events in the order of their arrival, in equal parts.
    parts = [[ms for _, ms in late[at : at + size]] for at in range(0, len(late), size)][:ROUNDS]
    name = f"{streams} simulated streams at once"
    medians = [statistics.median(part) for part in parts]
    tails = [sorted(part)[int(0.99 * len(part))] for part in parts]
    return [
        bounded(f"{name}: an event is late, median", 20.0, medians, unit="ms"),
        bounded(f"{name}: an event is late, 99th percentile", 100.0, tails, unit="ms"),
        bounded(f"{name}: memory of each", 40.0, [(during - held) / streams], unit="KB"),
    ]


async def _all(
    process: Child, streams: int, speed: float
) -> tuple[list[tuple[float, float]], float]:
    """Of every event when it arrived and how many milliseconds late; what the simulator held."""
    url = urlsplit(process.hello)
    host, port = url.hostname or "", url.port or 0
    body = {"model": f"sim:{_SCENARIO}", "input": "x", "background": True}
    model = json.loads(await _fetch(host, port, "POST", "/v1/responses", body))
    arrivals = asyncio.gather(*(_stream(host, port, n) for n in range(streams)))
    await asyncio.sleep(1 / speed)
    during = (await asyncio.to_thread(process.ask, "used"))["held_kb"]
    seen = await arrivals
    told = json.loads(await _fetch(host, port, "GET", f"/__sim/responses/{model['id']}", None))
    due = told["offsets_s"]
    late = [
        (at, ((at - stream[0]) - (offset - due[0])) * 1000)
        for stream in seen
        for at, offset in zip(stream, due, strict=False)
    ]
    return late, during


async def _stream(host: str, port: int, number: int) -> list[float]:
    """When each event of a stream arrived."""
    body = {"model": f"sim:{_SCENARIO}", "input": f"{number}", "background": True, "stream": True}
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(_request("POST", "/v1/responses", body))
    arrivals: list[float] = []
    tail = b""
    while not tail.endswith(b"\r\n0\r\n\r\n"):
        received = await reader.read(65536)
        if not received:
            break
        now = time.monotonic()
        # A mark that was cut in two is counted once, with its second half.
        arrivals += [now] * (tail[-7:] + received).count(b"\nevent: ")
        tail = (tail + received)[-7:]
    writer.close()
    return arrivals


async def _fetch(host: str, port: int, method: str, path: str, body: object) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(_request(method, path, body))
    answered = await reader.read()
    writer.close()
    return answered.partition(b"\r\n\r\n")[2]


def _request(method: str, path: str, body: object) -> bytes:
    data = json.dumps(body).encode() if body else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data


def main(speed: str) -> None:
    with Simulator(speed=float(speed)) as serving:
        answer({"used": used}, hello=serving.base_url)


if __name__ == "__main__":
    main(*sys.argv[1:])
