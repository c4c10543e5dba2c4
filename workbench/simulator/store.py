"""What the simulator remembers of each response; in a folder when it is to outlive the process.

A response is kept as the request that created it and what befell it since, never as its events:
these are computed. In a folder each response is a journal, `<id>.jsonl`, which any process may
append a line to; every reader takes the lines it has not seen yet.
"""

import hashlib
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from workbench.simulator.exchange import Address, Ending

__all__ = ["Connection", "Record", "Store"]


@dataclass(slots=True, kw_only=True)
class Connection:
    """One connection on behalf of a response, as the truth reports it."""

    connection: int
    kind: str
    starting_after: int | None
    at: float
    closed: str | None = None
    events: int = 0
    bytes: int = 0
    faults: tuple[str, ...] = ()

    def end(self, ending: Ending) -> None:
        self.closed, self.events = ending.how, ending.events
        self.bytes, self.faults = ending.bytes, ending.faults


@dataclass(slots=True, kw_only=True)
class Record:
    """A response: everything its events are computed from, and what happened to it."""

    id: str
    api: str  # responses or chat
    request: dict[str, Any]
    started: float  # wall clock when it was accepted
    created_at: int  # what it says about itself
    scenario: str
    turn: int
    seed: str
    speed: float
    variables: dict[str, str] = field(default_factory=dict)
    faults: str | None = None
    calls: dict[str, str] = field(default_factory=dict)  # names of its function calls by call id
    cancelled: float | None = None  # wall clock
    hurried: float | None = None  # what was left was said at this moment of the wall clock
    failure: dict[str, Any] | None = None  # decreed: {at, after, announced}
    killed: float | None = None  # the only connection of a foreground response was lost
    deleted: float | None = None
    expired: bool = False  # no longer streamed, by decree
    forgotten: bool = False
    taken: list[int] = field(default_factory=list)  # sequence numbers of inserted events
    version: int = 0  # of what befell it; whoever waits looks again when it changes
    connections: list[Connection] = field(default_factory=list)
    creates: int = 1  # a pinned id may be asked for again
    opened: int = 0  # connections so far, over all processes
    seen_bytes: int = 0  # of the journal

    @property
    def is_background(self) -> bool:
        return self.api == "responses" and bool(self.request.get("background"))

    @property
    def is_stored(self) -> bool:
        return self.request.get("store") is not False


_logger = logging.getLogger(__name__)
_FACTS = (
    "id", "api", "request", "started", "created_at", "scenario", "turn", "seed", "speed",
    "variables", "faults", "calls",
)  # fmt: skip
_MARKS = ("cancelled", "hurried", "failure", "killed", "deleted", "expired", "forgotten", "taken")


class Store:
    """Records by id, and how often each request was asked."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._records: dict[str, Record] = {}
        self._ordinals: Counter[str] = Counter()
        self._early: Counter[str] = Counter()  # connections refused before a create
        self.refused: list[Connection] = []
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def next_id(self, prefix: str, fingerprint: str, *, pinned: bool) -> str:
        """The id of the next create with this fingerprint; asking changes nothing."""
        ordinal = 0 if pinned else self._ordinals[fingerprint]
        while True:
            id_ = prefix + hashlib.sha256(f"{fingerprint}/{ordinal}".encode()).hexdigest()[:48]
            if pinned or not self._is_taken(id_):
                return id_
            ordinal += 1

    def _is_taken(self, id_: str) -> bool:
        return id_ in self._records or bool(self._folder and self._path(id_).exists())

    def add(self, record: Record, fingerprint: str) -> None:
        """Accept a create; a pinned id that existed begins again, its connections counted on."""
        before = self.get(record.id)
        early = self._early.pop(record.id, 0)
        record.opened = (before.opened if before else 0) + early
        if before:
            record.connections, record.seen_bytes = before.connections, before.seen_bytes
            record.creates = before.creates + 1
        self._ordinals[fingerprint] += 1
        self._records[record.id] = record
        facts = {name: getattr(record, name) for name in _FACTS}
        self._write(record, {"created": {**facts, "opened": record.opened}})

    def get(self, id_: str) -> Record | None:
        """The record, with what other processes noted on it since."""
        record = self._records.get(id_)
        if self._folder and _is_id(id_):
            record = self._catch_up(id_, record)
        return record if record and not record.forgotten else None

    def mark(self, record: Record, **marks: Any) -> None:
        for name, value in marks.items():
            setattr(record, name, value)
        record.version += 1
        self._write(record, {"marks": marks})

    def connections(self, id_: str) -> int:
        """How many connections there were on behalf of this response, refused creates included."""
        record = self.get(id_)
        return (record.opened if record else 0) + self._early[id_]

    def open(self, record: Record, address: Address, at: float) -> Connection:
        record.opened += 1
        connection = Connection(
            connection=record.opened,
            kind=address.kind,
            starting_after=address.starting_after,
            at=round(at, 6),
        )
        record.connections.append(connection)
        self._write(record, {"opened": record.opened})
        return connection

    def refuse(self, address: Address, ending: Ending, now: float) -> None:
        """Note a connection that a fault answered in the provider's stead."""
        record = self.get(address.response_id) if address.response_id else None
        if record:
            self.open(record, address, now - record.started).end(ending)
            return
        if address.response_id:
            self._early[address.response_id] += 1
        connection = Connection(
            connection=address.connection,
            kind=address.kind,
            starting_after=address.starting_after,
            at=round(now, 6),
        )
        connection.end(ending)
        self.refused.append(connection)

    def forget(self) -> int:
        """Lose every response, as a provider that restarts without its data."""
        kept = [record for record in self.records() if not record.forgotten]
        for record in kept:
            self.mark(record, forgotten=True)
        return len(kept)

    def truth(self, id_: str) -> Record | None:
        """The record even if the provider forgot or deleted it."""
        self.get(id_)
        return self._records.get(id_)

    def records(self) -> list[Record]:
        """Every record there ever was, oldest first."""
        for path in sorted(self._folder.glob("*.jsonl")) if self._folder else ():
            self.get(path.stem)
        return sorted(self._records.values(), key=lambda record: record.started)

    def _path(self, id_: str) -> Path:
        assert self._folder
        return self._folder / f"{id_}.jsonl"

    def _write(self, record: Record, line: dict[str, Any]) -> None:
        if not self._folder:
            return
        data = orjson.dumps(line) + b"\n"
        try:
            with self._path(record.id).open("ab") as journal:
                journal.write(data)
        except OSError as error:
            # A provider answers all the same; this response only ends with this process.
            _logger.warning("The simulator could not keep response %s: %s", record.id, error)

    def _catch_up(self, id_: str, record: Record | None) -> Record | None:
        path = self._path(id_)
        seen = record.seen_bytes if record else 0
        try:
            if path.stat().st_size == seen:
                return record
            with path.open("rb") as journal:
                journal.seek(seen)
                lines = journal.read()
        except FileNotFoundError:
            return record
        whole = lines[: lines.rfind(b"\n") + 1]
        for line in whole.splitlines():
            # A full disk may have torn a line; what it would have said is lost, the rest is not.
            with suppress(orjson.JSONDecodeError):
                record = _apply(orjson.loads(line), record)
        if record:
            record.seen_bytes = seen + len(whole)
            self._records[id_] = record
        return record


def _apply(line: dict[str, Any], record: Record | None) -> Record | None:
    if facts := line.get("created"):
        fresh = Record(**facts)
        if record is None or record.started < fresh.started:
            if record:
                fresh.connections, fresh.creates = record.connections, record.creates + 1
            return fresh
        return record
    if record is None:
        return None
    record.opened = max(record.opened, line.get("opened", 0))
    for name, value in line.get("marks", {}).items():
        if name in _MARKS and getattr(record, name) != value:
            setattr(record, name, value)
            record.version += 1
    return record


def _is_id(text: str) -> bool:
    """Ids come from URLs and become file names: nothing but letters, digits, - and _."""
    return text.replace("_", "").replace("-", "").isalnum() and text.isascii() and len(text) < 100
