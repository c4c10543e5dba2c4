"""What the log keeps of one event, and how near that is to what the provider sent."""

from typing import Final, Literal, NamedTuple

import orjson

from workbench.events import Event

__all__ = ["Source", "Stored", "source_of", "stored_event"]

# received: the data of a frame as it came. mended: the nearest JSON, with the text as it came
# beside it. translated: made of a chat completion chunk. filled: made of a final object.
# imported: as the import of a file wrote it. written: a fact, by the workbench itself.
Source = Literal["received", "mended", "translated", "filled", "imported", "written"]

_EVENT: Final = b'"event":'


class Stored(NamedTuple):
    """The JSON text of an event, byte for byte as the log keeps it."""

    json: bytes
    source: Source

    @property
    def text(self) -> str:
        return self.json.decode()

    def head(self, most: int | None) -> str:
        """The text of the first so many bytes, without half a character at its end."""
        return self.json[:most].decode(errors="ignore")


def stored_event(entry: bytes, *, is_chat: bool = False, is_imported: bool = False) -> Stored:
    """The event in the JSON of an entry; `is_chat` says what API the run's provider speaks."""
    text = entry[entry.index(_EVENT) + len(_EVENT) : -1]
    source = source_of(orjson.loads(text), is_chat=is_chat, is_imported=is_imported)
    return Stored(text, source)


def source_of(event: Event, *, is_chat: bool, is_imported: bool) -> Source:
    mark = event.get("workbench")
    marks = mark if isinstance(mark, dict) else {}
    if str(event.get("type")).startswith("workbench."):
        return "written"
    if marks.get("filled"):
        return "filled"
    if is_imported:
        return "imported"
    if is_chat:
        return "translated"
    return "mended" if "raw" in marks else "received"
