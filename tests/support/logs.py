"""Short ways to fill a log."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from workbench.clock import SystemClock
from workbench.events import Arrival, Event, RunInfo, RunRequest, Status, terminal_type
from workbench.log.base import Closing, Lease, Log
from workbench.log.ids import new_run_id

__all__ = ["arrivals", "close", "delta", "new_run", "start", "stranger", "terminal", "written"]

_NUMBERS = count(1)


def new_run(log: Log, **fields: Any) -> RunInfo:
    """A stored run with a fresh id."""
    clock = SystemClock()
    return log.create(
        RunInfo(
            **{
                "id": new_run_id(clock),
                "created_at": clock.now(),
                "request": RunRequest(input="Plan a week in Lisbon"),
                **fields,
            }
        )
    )


def start(log: Log, *, owner: str = "runner", ttl_s: float = 60.0, **fields: Any) -> Lease:
    """A stored run and the lease to write it."""
    return log.claim(new_run(log, **fields).id, owner=owner, ttl_s=ttl_s)


def delta(text: str) -> Event:
    return {
        "type": "response.output_text.delta",
        "sequence_number": next(_NUMBERS),
        "delta": text,
    }


def arrivals(number: int, text: str = "word ") -> list[Arrival]:
    return [Arrival(1e9 + next(_NUMBERS) / 8, orjson.dumps(delta(text))) for _ in range(number)]


def terminal(status: Status = "completed") -> Arrival:
    return Arrival(1e9 + next(_NUMBERS) / 8, orjson.dumps({"type": terminal_type(status)}))


def close(log: Log, lease: Lease, *, status: Status = "completed", **summary: Any) -> int:
    """The head after the terminal entry."""
    head, _ = log.head(lease.run)
    return log.append(
        lease, [terminal(status)], after=head, closing=Closing(status=status, summary=summary)
    ).result()


def written(log: Log, number: int) -> Lease:
    """A run that holds that many entries and goes on."""
    lease = start(log)
    log.append(lease, arrivals(number), after=0).result()
    return lease


@contextmanager
def stranger(folder: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else's hands in the database."""
    connection = sqlite3.connect(folder / "cache.db", isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()
