"""Runs out to files and back in."""

from typing import Any, Final

from workbench.clock import Clock
from workbench.events import RunInfo
from workbench.log.base import Closing, Log
from workbench.log.ids import new_run_id
from workbench.service.kinds import check_kinds, is_of
from workbench.transfer.reading import read_run

__all__ = ["import_run"]

_BATCH = 512
_LEASE_S = 60.0
# What lists show of a run without reading its entries; a file may say anything of it.
_SUMMARY: Final[dict[str, Any]] = {
    "usage": dict[str, Any],
    "duration_s": float,
    "characters": int,
    "response_id": str,
    "model": str,
    "attempts": int,
    "error": dict[str, Any],
}


def import_run(log: Log, clock: Clock, data: bytes) -> str:
    """Store what a file says as a new, ended run; its id.

    The file is understood as a whole before anything is stored, and entries keep their times.
    """
    reading = read_run(data, now=clock.now())
    check_kinds(reading.request)
    first = reading.arrivals[0].at
    info = RunInfo(
        id=new_run_id(clock),
        created_at=min(first, clock.now()),
        request=reading.request,
        marks={"imported_at": clock.now()},
    )
    run = log.create(info).id
    lease = log.claim(run, owner="import", ttl_s=_LEASE_S)
    *batches, last = [
        reading.arrivals[start : start + _BATCH]
        for start in range(0, len(reading.arrivals), _BATCH)
    ]
    head = 0
    for batch in batches:
        head = log.append(lease, batch, after=head).result()
    summary = {
        name: value
        for name, value in reading.summary.items()
        if name in _SUMMARY and is_of(value, _SUMMARY[name])
    }
    closing = Closing(status=reading.status, summary=summary)
    log.append(lease, last, after=head, closing=closing).result()
    log.release(lease)
    return run
