"""How fast bytes become events, against the official SDK's loop over the same bytes in memory,
and how fast JSON is read while it arrives, against parsing it again at every delta.

    python -m tests.benchmarks.wire

The two sides alternate; the figure is the median of the rounds' ratios, in processor time, because
both sides do nothing but compute.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator

import httpx2
import jiter
import orjson
from openai import OpenAI

from workbench.state import RunState
from workbench.wire.partial_json import PartialJson
from workbench.wire.translate import ResponsesTranslator

__all__ = ["main", "rows"]

EVENTS = 4000
ROUNDS = 5


def stream() -> list[bytes]:
    """One frame per event, as long as the events of real streams are: about 265 bytes."""
    frames = []
    for n in range(EVENTS):
        event = {
            "type": "response.output_text.delta",
            "sequence_number": n,
            "item_id": "msg_68cf3a2b1c0081a2b4d9c0ffee00112233445566778899aa",
            "output_index": 1,
            "content_index": 0,
            "delta": " words",
            "logprobs": [],
            "obfuscation": "Xk2pQz81LmVw",
        }
        frames.append(b"event: response.output_text.delta\ndata: %b\n\n" % orjson.dumps(event))
    return frames


def in_pieces(stream: bytes, size: int = 16 * 1024) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def ours(chunks: Iterable[bytes]) -> int:
    translator = ResponsesTranslator()
    return sum(len(translator.feed(chunk)) for chunk in chunks)


def ours_folded(chunks: Iterable[bytes]) -> int:
    translator, state = ResponsesTranslator(), RunState()
    for chunk in chunks:
        for _, event in translator.feed(chunk):
            state.add_event(event)
    return EVENTS if state.characters else 0


def sdk(chunks: list[bytes]) -> int:
    class Body(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from chunks

    def answer(_: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, headers=headers, stream=Body())

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    with OpenAI(api_key="none", http_client=http, max_retries=0) as client:
        return sum(1 for _ in client.responses.create(model="m", input="x", stream=True))


def document(characters: int) -> str:
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
    return json.dumps({"summary": "short", "sections": records})[:characters]


def read_while_it_arrives(deltas: list[str]) -> int:
    machine = PartialJson()
    for delta in deltas:
        machine.feed(delta)
        _ = machine.value
    return len(deltas)


def read_again_each_time(deltas: list[str]) -> int:
    text = bytearray()
    for delta in deltas:
        text += delta.encode()
        jiter.from_json(bytes(text), partial_mode="trailing-strings")
    return len(deltas)


def seconds(work: Callable[[], int]) -> float:
    begin = time.process_time()
    done = work()
    spent = time.process_time() - begin
    assert done, "the benchmark did nothing"
    return spent


def compared(
    name: str, fast: Callable[[], int], slow: Callable[[], int], n: int
) -> dict[str, object]:
    rounds = [(seconds(fast), seconds(slow)) for _ in range(ROUNDS)]
    ratios = sorted(b / a for a, b in rounds)
    return {
        "what": name,
        "ratio": round(statistics.median(ratios), 1),
        "spread": [round(ratios[0], 1), round(ratios[-1], 1)],
        "us_each": round(min(a for a, _ in rounds) / n * 1e6, 2),
        "us_each_against": round(min(b for _, b in rounds) / n * 1e6, 2),
    }


def rows() -> list[dict[str, object]]:
    frames = stream()
    pieces = in_pieces(b"".join(frames))
    text = document(20_000)
    deltas = [text[at : at + 4] for at in range(0, len(text), 4)]
    return [
        compared(
            "decode, one event a chunk, against the SDK loop",
            lambda: ours(frames),
            lambda: sdk(frames),
            EVENTS,
        ),
        compared(
            "decode, 16 KB chunks, against the SDK loop",
            lambda: ours(pieces),
            lambda: sdk(pieces),
            EVENTS,
        ),
        compared(
            "decode and fold, one event a chunk, against the SDK loop",
            lambda: ours_folded(frames),
            lambda: sdk(frames),
            EVENTS,
        ),
        compared(
            "partial JSON of 20 kB in 4-character deltas, against jiter at every delta",
            lambda: read_while_it_arrives(deltas),
            lambda: read_again_each_time(deltas),
            len(deltas),
        ),
    ]


def main() -> None:
    for row in rows():
        print(orjson.dumps(row).decode())  # noqa: T201 - its output is the point


if __name__ == "__main__":
    main()
