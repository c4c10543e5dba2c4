"""From the bytes of one connection to events: a decoder and a dialect put together.

Pure, and nothing is invented: what a cut leaves unfinished is not an event. A frame that holds
no event becomes `workbench.garbled`, so that even noise is found again in the log.
"""

from workbench.errors import MalformedEvent
from workbench.events import Translated
from workbench.wire import responses
from workbench.wire.sse import FrameDecoder

__all__ = ["ResponsesTranslator"]


class ResponsesTranslator:
    """A Responses API stream, kept byte for byte."""

    def __init__(self) -> None:
        self.frames = 0
        self._decoder = FrameDecoder()

    def feed(self, chunk: bytes) -> list[Translated]:
        found = []
        for data, name, _ in self._decoder.feed_raw(chunk):
            self.frames += 1
            try:
                found.append(responses.read(data, name))
            except MalformedEvent as error:
                if not responses.is_done(data):
                    found.append(responses.garbled(data, str(error)))
        return found

    def finish(self) -> list[Translated]:
        """Nothing: only a whole frame is an event, and the end of the bytes ends no response."""
        return []
