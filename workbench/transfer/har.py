"""A run as an HTTP Archive: one entry for each attempt, with its events as browsers keep them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from workbench.events import Entry, Fact, RunInfo

__all__ = ["har"]


@dataclass(slots=True)
class _Exchange:
    """What the log says of one attempt."""

    started: Entry
    connected: Entry | None = None
    ended: Entry | None = None
    events: list[Entry] = field(default_factory=list)


def har(info: RunInfo, entries: Sequence[Entry]) -> dict[str, Any]:
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "workbench", "version": "1"},
            "comment": f"run {info.id}",
            "entries": [_entry(info, exchange) for exchange in _exchanges(entries)],
        }
    }


def _exchanges(entries: Sequence[Entry]) -> Iterator[_Exchange]:
    current: _Exchange | None = None
    for entry in entries:
        kind = entry.event["type"]
        if kind == Fact.ATTEMPT_STARTED:
            if current is not None:
                yield current
            current = _Exchange(started=entry)
        elif current is None:
            continue
        elif kind == Fact.ATTEMPT_CONNECTED:
            current.connected = entry
        elif kind in {Fact.ATTEMPT_ENDED, Fact.ATTEMPT_INTERRUPTED}:
            current.ended = entry
        elif not kind.startswith("workbench."):
            current.events.append(entry)
    if current is not None:
        yield current


def _entry(info: RunInfo, exchange: _Exchange) -> dict[str, Any]:
    start = exchange.started.at
    headers_at = exchange.connected.at if exchange.connected else None
    last = exchange.ended or (exchange.events[-1] if exchange.events else exchange.started)
    wait_ms = (headers_at - start) * 1000 if headers_at else 0.0
    counts = exchange.ended.event if exchange.ended else {}
    return {
        "startedDateTime": datetime.fromtimestamp(start, UTC).isoformat(),
        "time": (last.at - start) * 1000,
        "request": _request(info, exchange),
        "response": _response(exchange, int(counts.get("bytes") or 0)),
        "cache": {},
        "timings": {
            "send": 0,
            "wait": wait_ms,
            "receive": (last.at - (headers_at or start)) * 1000,
        },
        "comment": str(counts.get("cause") or ""),
        "_eventSourceMessages": [
            {
                "time": entry.at,
                "eventName": entry.event["type"],
                "eventId": str(entry.cursor),
                "data": orjson.dumps(entry.event).decode(),
            }
            for entry in exchange.events
        ],
    }


def _request(info: RunInfo, exchange: _Exchange) -> dict[str, Any]:
    started = exchange.started.event
    is_create = started.get("mode") in {"create", "restart"}
    body = orjson.dumps(info.request.to_dict()).decode() if is_create else ""
    base = info.request.base_url or f"workbench://{info.request.provider}"
    after = started.get("starting_after")
    return {
        "method": "POST" if is_create else "GET",
        "url": base if after is None else f"{base}?stream=true&starting_after={after}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "queryString": [],
        "headersSize": -1,
        "bodySize": len(body.encode()),
        **({"postData": {"mimeType": "application/json", "text": body}} if body else {}),
    }


def _response(exchange: _Exchange, size: int) -> dict[str, Any]:
    status = exchange.connected.event.get("status") if exchange.connected else 0
    return {
        "status": status or 0,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "content": {"size": size, "mimeType": "text/event-stream"},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": size,
    }
