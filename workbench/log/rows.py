"""What is stored under which key, and the text of it; the tables of docs/log.md as code.

Every key begins with a letter for its kind. Keys that end in a number are padded, so that
their order is the order of the numbers, and a range of keys is a range of cursors or times.
"""

import hashlib
from dataclasses import asdict, astuple
from typing import Any, Final

import orjson

from workbench.events import RunInfo, RunRequest, Status
from workbench.log.rules import Guard

__all__ = [
    "SWEPT",
    "dump_guard",
    "dump_info",
    "ended_key",
    "ended_run",
    "gone_key",
    "guard_key",
    "key_key",
    "last_of",
    "load_guard",
    "load_info",
    "prefix_end",
    "run_key",
    "run_of",
    "segment_key",
    "segments_end",
    "status_key",
    "status_of",
]

SWEPT: Final = "w:swept"  # when the last sweep was
_DIGITS: Final = 15


def segment_key(run: str, last: int) -> str:
    """A segment is named by its last cursor: the one that follows a cursor is one seek away."""
    return f"s:{run}:{last:0{_DIGITS}d}"


def segments_end(run: str) -> str:
    """Above every segment of the run: a colon sorts just after the digits."""
    return f"s:{run}::"


def last_of(key: str) -> int:
    return int(key[-_DIGITS:])


def run_key(run: str) -> str:
    return f"r:{run}"


def guard_key(run: str) -> str:
    return f"g:{run}"


def gone_key(run: str) -> str:
    """What is left of a deleted run: that there was one."""
    return f"x:{run}"


def key_key(key: str) -> str:
    """A hash, because a caller's idempotency key may be any text of any length."""
    return f"k:{hashlib.sha256(key.encode()).hexdigest()}"


def status_key(status: str, run: str) -> str:
    return f"t:{status}:{run}"


def status_of(key: str) -> str:
    return key.split(":")[1]


def ended_key(at: float, run: str) -> str:
    return f"e:{max(at, 0.0):020.6f}:{run}"


def ended_run(key: str) -> str:
    return key.rsplit(":", 1)[1]


def run_of(key: str) -> str:
    """The run that a key of any kind belongs to; empty when the key is none of ours."""
    return (*key.split(":"), "", "")[2 if key[:1] in {"t", "e"} else 1]


def prefix_end(prefix: str) -> str:
    """Above every key with that prefix; a prefix ends in a colon."""
    return prefix[:-1] + ";"


def dump_guard(guard: Guard) -> bytes:
    return orjson.dumps(astuple(guard))


def load_guard(value: bytes) -> Guard:
    fence, owner, until, ttl_s, since, ended = orjson.loads(value)
    return Guard(fence=fence, owner=owner, until=until, ttl_s=ttl_s, since=since, ended=ended)


def dump_info(info: RunInfo) -> bytes:
    row: dict[str, Any] = {
        "created_at": info.created_at,
        "status": info.status,
        "key": info.key,
        "closed_at": info.closed_at,
        "request": asdict(info.request),
        "summary": dict(info.summary),
        "marks": dict(info.marks),
    }
    return orjson.dumps(row)


def load_info(run: str, value: bytes, cursor: int) -> RunInfo:
    row = orjson.loads(value)
    status: Status = row["status"]
    return RunInfo(
        id=run,
        created_at=row["created_at"],
        status=status,
        key=row["key"],
        closed_at=row["closed_at"],
        request=RunRequest.from_dict(row["request"]),
        summary=row["summary"],
        marks=row["marks"],
        cursor=cursor,
    )
