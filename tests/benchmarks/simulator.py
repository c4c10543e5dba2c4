"""Many streams on one simulator: how late events are, and what a stream costs in memory.

    python -m tests.benchmarks.simulator

The simulator has a process of its own. Every stream plays the same scenario, so each event is due
at the same moment after its own `response.created`; late is what arrives after that.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit

import psutil

__all__ = ["main", "rows"]

STREAMS = 500
SPEED = 0.5
SCENARIO = "short"  # at this speed a stream lasts six seconds; all together, 10,000 events a second
PROGRAM = f"""
import time
from workbench.simulator.server import Simulator
with Simulator(speed={SPEED}) as simulator:
    print(simulator.base_url, flush=True)
    time.sleep(600)
"""


async def one_stream(host: str, port: int, number: int) -> list[float]:
    """When each event arrived."""
    reader, writer = await asyncio.open_connection(host, port)
    body = {"model": f"sim:{SCENARIO}", "input": f"{number}", "background": True, "stream": True}
    data = json.dumps(body).encode()
    head = f"POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    arrivals: list[float] = []
    tail = b""
    while not tail.endswith(b"\r\n0\r\n\r\n"):
        received = await reader.read(65536)
        now = time.monotonic()
        arrivals += [now] * (tail[-8:] + received).count(b"\nevent: ")
        tail = (tail + received)[-8:]
    writer.close()
    return arrivals


async def offsets(host: str, port: int) -> list[float]:
    """The schedule, from the truth about a response that was only asked for."""
    body = {"model": f"sim:{SCENARIO}", "input": "x", "background": True}
    created = await _fetch(host, port, "POST", "/v1/responses", body)
    await asyncio.sleep(4 / SPEED)
    told = await _fetch(host, port, "GET", f"/__sim/responses/{created['id']}", None)
    return list(told["offsets_s"])


async def _fetch(
    host: str, port: int, method: str, path: str, body: object
) -> dict[str, list[float]]:
    reader, writer = await asyncio.open_connection(host, port)
    data = json.dumps(body).encode() if body else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
    answer = await reader.read()
    writer.close()
    return dict(json.loads(answer.partition(b"\r\n\r\n")[2]))


async def measure(host: str, port: int, process: psutil.Process) -> dict[str, object]:
    before = process.memory_info().rss
    cpu = sum(process.cpu_times()[:2])
    started = time.monotonic()
    streams = asyncio.gather(*(one_stream(host, port, n) for n in range(STREAMS)))
    await asyncio.sleep(2 / SPEED)
    during = process.memory_info().rss
    arrivals = await streams
    took = time.monotonic() - started
    spent = sum(process.cpu_times()[:2]) - cpu
    schedule = await offsets(host, port)
    late = sorted(
        (at - stream[0]) - (due - schedule[0])
        for stream in arrivals
        for at, due in zip(stream, schedule, strict=False)
    )
    return {
        "streams": STREAMS,
        "events": len(late),
        "events_per_s": round(len(late) / took),
        "late_p50_ms": round(1000 * statistics.median(late), 2),
        "late_p99_ms": round(1000 * late[int(0.99 * len(late))], 2),
        "late_max_ms": round(1000 * late[-1], 2),
        "cores": round(spent / took, 2),
        "cpu_us_per_event": round(1e6 * spent / len(late), 1),
        "kb_per_stream": round((during - before) / 1024 / STREAMS, 1),
    }


def rows() -> list[dict[str, object]]:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline().strip())
        assert url.hostname is not None
        assert url.port is not None
        try:
            return [asyncio.run(measure(url.hostname, url.port, psutil.Process(process.pid)))]
        finally:
            process.terminate()


def main() -> None:
    for row in rows():
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
