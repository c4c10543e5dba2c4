"""What real providers sent, byte for byte over a real socket, cut anywhere: text, tools, end."""

import csv
import itertools
import random
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.support.needs import ROOT, recordings
from tests.support.raw_server import Asked, Peer, RawServer, chunked, sse_head
from tests.support.running import in_loop
from workbench.events import Entry, RunRequest
from workbench.providers.base import Access, Provider
from workbench.providers.chat import ChatProvider
from workbench.providers.openai import OpenAIProvider
from workbench.state import RunState, fold

pytestmark = pytest.mark.recordings

BESIDE = ROOT.parent / "shared" / "recordings"
PROVIDERS = {"responses": OpenAIProvider, "chat": ChatProvider}
STATUS_OF_CHAT = {"stop": "completed", "tool_calls": "completed", "length": "incomplete"}


@dataclass(frozen=True)
class Recording:
    file: str
    api: str
    has_tools: bool
    characters: int
    terminal: str

    def read(self) -> bytes:
        return (recordings() / self.file).read_bytes()

    @property
    def status(self) -> str | None:
        """How the response ends; None for a stream without any end."""
        if self.terminal == "error":
            return "failed"
        if self.api == "chat":
            return STATUS_OF_CHAT.get(self.terminal)
        return self.terminal.removeprefix("response.")


def _characters_in_parts(body: bytes) -> int:
    """Text that a chat sends as a list of parts, which the index does not count."""
    data = (line.removeprefix(b"data: ") for line in body.splitlines())
    chunks = (orjson.loads(one) for one in data if one.startswith(b"{"))
    deltas = (choice["delta"] for chunk in chunks for choice in chunk.get("choices", ()))
    parts = (delta["content"] for delta in deltas if isinstance(delta.get("content"), list))
    return sum(len(part["text"]) for some in parts for part in some if part["type"] == "text")


def _listed() -> list[Recording]:
    index = BESIDE / "INDEX.tsv"
    if not index.is_file():
        return []
    with index.open(encoding="utf-8", newline="") as file:
        return [
            Recording(
                row["file"],
                row["api"],
                row["tools"] == "Y",
                int(row["final_text_len"] or 0),
                row["terminal"],
            )
            for row in csv.DictReader(file, delimiter="\t")
            if row["api"] in PROVIDERS
        ]


def whole(body: bytes) -> list[bytes]:
    return [chunked(body)]


def cut_at_random(body: bytes) -> list[bytes]:
    chance = random.Random(len(body))
    cuts = sorted({chance.randrange(1, len(body)) for _ in range(len(body) // 400 + 3)})
    edges = [0, *cuts, len(body)]
    return [chunked(body[a:b]) for a, b in itertools.pairwise(edges)]


def byte_by_byte(body: bytes) -> list[bytes]:
    """As chunks of one byte; each in a segment of its own where that does not take all day."""
    pieces = [chunked(body[n : n + 1]) for n in range(len(body))]
    return pieces if len(pieces) < 3000 else [b"".join(pieces)]


async def _received(recording: Recording, pieces: list[bytes]) -> tuple[RunState, list[bytes]]:
    """The state that the provider's events add up to, and the text of each."""

    async def replay(peer: Peer, asked: Asked) -> None:
        await peer.send(sse_head(), *pieces, b"0\r\n\r\n")

    async with RawServer(replay) as server:
        provider: Provider = PROVIDERS[recording.api](Access(base_url=server.base_url, model="m"))
        found = []
        async with provider.open(RunRequest(input="x"), "stream") as connection:
            translator = connection.translator()
            async for chunk in connection.chunks():
                found += translator.feed(chunk)
            found += translator.finish()
        await provider.aclose()
    entries = [Entry(n, 0.0, one.event) for n, one in enumerate(found, 1)]
    return fold(entries), [one.json for one in found]


@pytest.mark.parametrize("recording", _listed(), ids=lambda one: Path(one.file).stem[:60])
def test_a_recorded_stream_gives_its_text_tools_and_end_however_it_is_cut(
    recording: Recording,
) -> None:
    body = recording.read()

    @in_loop
    async def replay() -> None:
        state, events = await _received(recording, whole(body))
        assert len(state.text) == recording.characters + _characters_in_parts(body)
        assert bool(state.tools) >= recording.has_tools
        if recording.status is not None:
            assert state.final is not None
            assert state.final["status"] == recording.status
        for cut in (cut_at_random, byte_by_byte):
            again, same = await _received(recording, cut(body))
            assert same == events
            assert again.text == state.text

    replay()


def test_the_recordings_are_there() -> None:
    assert len(_listed()) > 100 if recordings() == BESIDE else True
