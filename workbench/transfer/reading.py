"""A file back into the entries of a run: our own jsonl, or the raw stream of a provider."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, cast

import orjson

from workbench.errors import InvalidSetting
from workbench.events import (
    ENDED,
    RESPONSE_TERMINALS,
    Arrival,
    Entry,
    Event,
    Fact,
    RunRequest,
    Status,
    terminal_type,
)
from workbench.state import fold
from workbench.wire.translate import ChatTranslator, ResponsesTranslator

__all__ = ["Reading", "read_run"]

# A hundred times the longest run there is; a file of tiny ones is a trap.
MOST_ENTRIES = 500_000
_PEEK = 65_536
_CHUNK = 1024 * 1024
_LATEST = 253_402_300_799  # the end of the year 9999, where dates end


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file says of a run; the last arrival is its terminal entry."""

    request: RunRequest
    arrivals: tuple[Arrival, ...]
    status: Status
    summary: dict[str, Any] = field(default_factory=dict)


def read_run(data: bytes, *, now: float) -> Reading:
    """Understand an export or a recorded stream; `now` stamps what has no time of its own."""
    start = data[:_PEEK].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise InvalidSetting("The file is empty.")
    if start.startswith(b"PAR1") or (start.startswith(b"{") and b'"log"' in start[:40]):
        raise InvalidSetting("This export is for other tools; only jsonl and sse can be read back.")
    return _from_jsonl(data) if start.startswith(b"{") else _from_stream(data, now)


def _from_jsonl(data: bytes) -> Reading:
    lines = _objects(data)
    number, head = next(lines)
    if "workbench" not in head or not isinstance(head.get("run"), dict):
        raise InvalidSetting(
            f"Line {number} does not describe a run; this is not a jsonl export of the workbench."
        )
    if head["workbench"] != 1:
        raise InvalidSetting(f"The file has format {head['workbench']}; this version reads 1.")
    run = head["run"]
    arrivals: list[Arrival] = []
    status: Status | None = None
    for expected, (number, line) in enumerate(lines, start=1):
        if status is not None:
            raise InvalidSetting(
                f"The run ends at cursor {len(arrivals)}, and more entries follow."
            )
        entry = _entry(number, line, expected)
        # A copy, because what orjson returns keeps the four kilobytes it was written into.
        arrivals.append(Arrival(entry.at, bytes(memoryview(orjson.dumps(entry.event)))))
        status = _status_of(entry.event)
        _check_length(arrivals)
    if not arrivals:
        raise InvalidSetting("The file describes a run and holds none of its entries.")
    if status is None:
        status = "interrupted"
        arrivals.append(_terminal(arrivals[-1].at, status, "The export was made before the end."))
    return Reading(
        request=RunRequest.from_dict({"input": ""} | _object(run, "request")),
        arrivals=tuple(arrivals),
        status=status,
        summary=_object(run, "summary"),
    )


def _object(run: dict[str, Any], name: str) -> dict[str, Any]:
    found = run.get(name) or {}
    if not isinstance(found, dict):
        raise InvalidSetting(f"The {name} of the run is not a JSON object.")
    return found


def _check_length(made: Sequence[object]) -> None:
    if len(made) > MOST_ENTRIES:
        raise InvalidSetting(f"The file holds more than {MOST_ENTRIES:,} entries.")


def _objects(data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(BytesIO(data), start=1):
        if not line.strip():
            continue
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InvalidSetting(f"Line {number} is not JSON: {error}.") from error
        if not isinstance(found, dict):
            raise InvalidSetting(f"Line {number} is not a JSON object.")
        yield number, found


def _entry(number: int, line: dict[str, Any], expected: int) -> Entry:
    cursor, at, event = line.get("cursor"), line.get("at"), line.get("event")
    if cursor != expected:
        raise InvalidSetting(f"Line {number} has cursor {cursor} where {expected} should stand.")
    if not isinstance(at, int | float) or not isinstance(event, dict):
        raise InvalidSetting(f"Line {number} is not an entry: it needs `at` and `event`.")
    if not 0 <= at <= _LATEST:
        raise InvalidSetting(f"Line {number} happened at {at:g}, which no calendar knows.")
    if not isinstance(event.get("type"), str):
        raise InvalidSetting(f"Line {number} holds an event without a type.")
    return Entry(expected, float(at), event)


def _status_of(event: Event) -> Status | None:
    return next((status for status in ENDED if event["type"] == terminal_type(status)), None)


def _from_stream(data: bytes, now: float) -> Reading:
    """A recorded stream has no times: everything is stamped with the moment of the import."""
    is_chat = b'"choices"' in data[:_PEEK] and b'"response.' not in data[:_PEEK]
    translator = ChatTranslator() if is_chat else ResponsesTranslator()
    translated = []
    for start in range(0, len(data), _CHUNK):
        translated += translator.feed(data[start : start + _CHUNK])
        _check_length(translated)
    translated += translator.finish()
    if not translated:
        raise InvalidSetting("The file holds no event: neither our jsonl nor an event stream.")
    request = RunRequest(
        input="(imported)", provider="chat" if is_chat else "openai", transport="stream"
    )
    created = {"type": Fact.RUN_CREATED, "request": request.to_dict(), "imported": "sse"}
    arrivals = [
        Arrival(now, orjson.dumps(created)),
        *(Arrival(now, one.json) for one in translated),
    ]
    state = fold(Entry(n, now, one.event) for n, one in enumerate(translated, 1))
    ends = [one.event["type"] for one in translated if one.event["type"] in RESPONSE_TERMINALS]
    status = cast("Status", ends[-1].removeprefix("response.")) if ends else "interrupted"
    reason = None if ends else "The recorded stream has no end."
    arrivals.append(_terminal(now, status, reason))
    return Reading(
        request=request,
        arrivals=tuple(arrivals),
        status=status,
        summary={"response_id": state.response_id, "usage": state.usage},
    )


def _terminal(at: float, status: Status, reason: str | None) -> Arrival:
    error = {"code": "incomplete_import", "message": reason} if reason else None
    return Arrival(at, orjson.dumps({"type": terminal_type(status), "error": error}))
