"""How fast bytes become events, against the official SDK's loop over the same bytes in memory,
and how fast JSON is read while it arrives, against parsing it again at every delta.

Measured in processor time, because both sides do nothing but compute.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator

import httpx2
import jiter
from openai import OpenAI

from workbench.bench.harness import Row, alternate, row
from workbench.bench.log import arrivals
from workbench.state import RunState
from workbench.wire.partial_json import PartialJson
from workbench.wire.translate import ResponsesTranslator

__all__ = ["decode", "partial_json"]

_SDK = "openai SDK: for event in stream"


def decode(scale: float) -> list[Row]:
    number = max(20, int(2000 * scale))
    frames = [
        b"event: response.output_text.delta\ndata: %b\n\n" % one.json for one in arrivals(number)
    ]
    whole = b"".join(frames)
    pieces = [whole[at : at + 16 * 1024] for at in range(0, len(whole), 16 * 1024)]

    def compared(name: str, ours: Callable[[list[bytes]], int], chunks: list[bytes]) -> Row:
        pairs = alternate(
            lambda: _us_each(lambda: ours(chunks), number),
            lambda: _us_each(lambda: _read_by_sdk(chunks), number),
        )
        return row(name, _SDK, pairs, unit="us/event", at_least=15)

    return [
        compared("decode, one event a chunk", _read, frames),
        compared("decode, 16 KB chunks", _read, pieces),
        compared("decode and fold, one event a chunk", _read_and_fold, frames),
    ]


def _read(chunks: Iterable[bytes]) -> int:
    translator = ResponsesTranslator()
    return sum(len(translator.feed(chunk)) for chunk in chunks)


def _read_and_fold(chunks: Iterable[bytes]) -> int:
    translator, state = ResponsesTranslator(), RunState()
    for chunk in chunks:
        for _, event in translator.feed(chunk):
            state.add_event(event)
    return state.characters


def _read_by_sdk(chunks: list[bytes]) -> int:
    class Body(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from chunks

    def answer(_: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, headers=headers, stream=Body())

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    with OpenAI(api_key="none", http_client=http, max_retries=0) as client:
        return sum(1 for _ in client.responses.create(model="m", input="x", stream=True))


def partial_json(scale: float) -> list[Row]:
    short, long = (_deltas(max(400, int(size * scale))) for size in (20_000, 80_000))
    against_jiter = alternate(
        lambda: _us_each(lambda: _read_while_it_arrives(short), len(short)),
        lambda: _us_each(lambda: _read_again_each_time(short), len(short)),
    )
    against_itself = alternate(
        lambda: _us_each(lambda: _read_while_it_arrives(long), len(long)),
        lambda: _us_each(lambda: _read_while_it_arrives(short), len(short)),
    )
    name = "partial JSON in deltas of 4 characters"
    return [
        row(f"{name}, 20 kB", "jiter at every delta", against_jiter, unit="us", at_least=25),
        row(f"{name}, 80 kB", "itself at 20 kB, each", against_itself, unit="us", at_most=1.25),
    ]


def _deltas(characters: int) -> list[str]:
    records: list[dict[str, object]] = []
    while len(records) * 190 < characters:
        n = len(records)
        records.append(
            {
                "id": n,
                "title": "alpha beta gamma delta",
                "tags": ["a", "b"],
                "body": "lorem ipsum dolor " * 4,
                "score": n / 7,
                "ok": True,
            }
        )
    text = json.dumps({"summary": "short", "sections": records})[:characters]
    return [text[at : at + 4] for at in range(0, len(text), 4)]


def _read_while_it_arrives(deltas: list[str]) -> int:
    machine = PartialJson()
    for delta in deltas:
        machine.feed(delta)
        _ = machine.value
    return len(deltas)


def _read_again_each_time(deltas: list[str]) -> int:
    text = bytearray()
    for delta in deltas:
        text += delta.encode()
        jiter.from_json(bytes(text), partial_mode="trailing-strings")
    return len(deltas)


def _us_each(work: Callable[[], int], number: int) -> float:
    begin = time.process_time()
    done = work()
    spent = time.process_time() - begin
    assert done, "the benchmark did nothing"
    return spent / number * 1e6
