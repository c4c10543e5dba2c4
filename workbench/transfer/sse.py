"""The provider's part of a log as the event stream it once was."""

from collections.abc import Iterable, Iterator

import orjson

from workbench.events import Entry, Event

__all__ = ["provider_events", "provider_stream"]


def provider_events(entries: Iterable[Entry]) -> Iterator[Event]:
    """What the provider sent, in order: no facts of ours, nothing filled, chunks as they came."""
    for entry in entries:
        event = entry.event
        if "chunk" in event:
            yield event["chunk"]
        elif not event["type"].startswith("workbench.") and not _is_ours(event):
            yield event


def provider_stream(entries: Iterable[Entry]) -> bytes:
    return b"".join(_frame(event) for event in provider_events(entries))


def _is_ours(event: Event) -> bool:
    mark = event.get("workbench")
    return isinstance(mark, dict) and bool(mark)


def _frame(event: Event) -> bytes:
    data = orjson.dumps(event)
    kind = event.get("type")
    if isinstance(kind, str) and kind.isprintable() and kind:
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)
    return b"data: %b\n\n" % data
