"""What real providers sent, replayed byte for byte to a real runner: text, tools and end.

Every recording whole; of each provider's, one cut at random bytes and one byte by byte.
"""

import asyncio
import itertools
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.benches import open_bench
from tests.support.needs import recordings, recordings_folder
from tests.support.outcomes import ends
from tests.support.raw_server import Asked, Peer, RawServer, chunked, json_answer, sse_head
from tests.support.recorded import Recording, fold_chunks, of
from workbench import Workbench
from workbench.log.memory import MemoryLog

pytestmark = pytest.mark.recordings

ALL = of(recordings_folder(), "responses", "chat", "completions")
NOT_FOUND = {"detail": "Not Found"}
BYTEWISE_BYTES = 40_000


def _sample() -> list[Recording]:
    """Of each provider and API the smallest recording, which is as odd as the largest."""
    by_place: dict[tuple[str, str], list[Recording]] = {}
    for one in ALL:
        by_place.setdefault((one.name.partition("/")[0], one.api), []).append(one)
    return [min(some, key=lambda one: one.frames) for some in by_place.values()]


def whole(body: bytes) -> list[bytes]:
    return [chunked(body)]


def at_random(body: bytes) -> list[bytes]:
    chance = random.Random(len(body))
    edges = sorted({chance.randrange(1, len(body)) for _ in range(len(body) // 300 + 3)})
    return [chunked(body[a:b]) for a, b in itertools.pairwise([0, *edges, len(body)])]


def byte_by_byte(body: bytes) -> list[bytes]:
    """Chunks of one byte, some hundreds in a segment."""
    singles = [chunked(body[at : at + 1]) for at in range(len(body))]
    return [b"".join(singles[at : at + 300]) for at in range(0, len(singles), 300)]


@dataclass
class Replays:
    """A server whose model names say what to send, and a workbench that asks it."""

    wb: Workbench
    bodies: dict[str, list[bytes]]
    base_url: str = ""

    async def play(self, peer: Peer, asked: Asked) -> None:
        if asked.line.startswith("GET"):
            await peer.send(json_answer(404, NOT_FOUND))  # it stores nothing
            return
        head = sse_head(more="Connection: close\r\n")
        await peer.send(head, *self.bodies[asked.json["model"]], b"0\r\n\r\n")


@pytest.fixture(scope="module")
def replays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replays]:
    folder: Path = tmp_path_factory.mktemp("replays")
    with open_bench(folder, log=MemoryLog(), openai_api_key="any", chat_api_key="any") as wb:
        found = Replays(wb, {})
        ready, over = threading.Event(), threading.Event()

        async def serve() -> None:
            async with RawServer(found.play) as server:
                found.base_url = server.base_url
                ready.set()
                await asyncio.to_thread(over.wait)

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        ready.wait()
        yield found
        over.set()
        thread.join()


def assert_replayed(replays: Replays, recording: Recording | None, cut: str) -> None:
    if recording is None:
        recordings()
    assert recording is not None
    body = recording.read()
    pieces = {"whole": whole, "at random": at_random, "byte by byte": byte_by_byte}[cut](body)
    model = f"{cut} {recording.name}"
    replays.bodies[model] = pieces
    provider = "openai" if recording.api == "responses" else "chat"
    run = replays.wb.start(
        "Go", provider=provider, model=model, base_url=replays.base_url, transport="stream"
    ).wait(30)

    # How a recording is read is checked against its index elsewhere; here it must get through.
    expected, _, _ = fold_chunks(recording, [body])
    assert ends(run) == 1
    assert run.status == (expected.response_status or "interrupted")
    assert run.text == expected.text
    assert run.tools == expected.tools
    assert run.summaries == expected.summaries
    assert run.state.reasoning_text == expected.reasoning_text
    assert run.state.usage == expected.usage
    if expected.response_status == "failed":
        assert run.error is not None
        assert run.error["message"]


@pytest.mark.parametrize("recording", ALL or [None], ids=lambda one: one and one.name[:70])
def test_a_recorded_stream_ends_a_run_with_its_text_tools_and_status(
    replays: Replays, recording: Recording | None
) -> None:
    assert_replayed(replays, recording, "whole")


@pytest.mark.parametrize("cut", ["at random", "byte by byte"])
@pytest.mark.parametrize("recording", _sample() or [None], ids=lambda one: one and one.name[:70])
def test_however_its_bytes_are_cut_into_chunks(
    replays: Replays, recording: Recording | None, cut: str
) -> None:
    if cut == "byte by byte" and recording and len(recording.read()) > BYTEWISE_BYTES:
        cut = "at random"
    assert_replayed(replays, recording, cut)
