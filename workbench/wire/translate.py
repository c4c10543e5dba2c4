"""From the bytes of one connection to events: a decoder and a dialect put together.

Pure, and nothing is invented: what a cut leaves unfinished is not an event. A frame that holds
no event becomes `workbench.garbled`, so that even noise is found again in the log.
"""

import orjson

from workbench.errors import MalformedEvent
from workbench.events import Event, Translated
from workbench.wire import responses
from workbench.wire.chat import ChunkTranslator
from workbench.wire.sse import FrameDecoder

__all__ = ["ChatTranslator", "ResponsesTranslator"]


class ResponsesTranslator:
    """A Responses API stream, kept byte for byte."""

    def __init__(self) -> None:
        self.frames = 0
        self._decoder = FrameDecoder()

    def feed(self, chunk: bytes) -> list[Translated]:
        found = []
        frames = self._decoder.feed_raw(chunk)
        self.frames += len(frames)
        for data, name, _ in frames:
            try:
                found.append(responses.read(data, name))
            except MalformedEvent as error:
                if not responses.is_done(data):
                    found.append(responses.garbled(data, str(error)))
        return found

    def finish(self) -> list[Translated]:
        """Nothing: only a whole frame is an event, and the end of the bytes ends no response."""
        return []


class ChatTranslator:
    """A chat-completion stream, told in Responses events."""

    def __init__(self) -> None:
        self.frames = 0
        self._decoder = FrameDecoder()
        self._chunks = ChunkTranslator()

    def feed(self, chunk: bytes) -> list[Translated]:
        found = []
        for data, _, _ in self._decoder.feed_raw(chunk):
            self.frames += 1
            if responses.is_done(data):
                found += _stored(self._chunks.done())
                continue
            try:
                found += self._read(data)
            except MalformedEvent as error:
                found.append(responses.garbled(data, str(error)))
        return found

    def _read(self, data: bytes) -> list[Translated]:
        chunk, _ = responses.load(data)
        if not isinstance(chunk, dict):
            raise MalformedEvent("a frame holds no object where a chunk should stand")
        return _stored(self._chunks.feed(chunk))

    def finish(self) -> list[Translated]:
        """The terminal event, if the provider said that it had finished; nothing after a cut.

        Right after any end of the bytes: a finish reason counts even when the rest was cut off.
        """
        return _stored(self._chunks.finish())


def _stored(events: list[Event]) -> list[Translated]:
    return [Translated(orjson.dumps(event), event) for event in events]
