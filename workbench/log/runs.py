"""Rows of runs: created, listed, changed and forgotten, always with their index rows together."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from typing import Any

import orjson

from workbench.errors import CorruptEntry, InvalidSetting, RunGone, UnknownRun
from workbench.events import RunInfo, Status
from workbench.log.base import Closing
from workbench.log.rows import (
    dump_guard,
    dump_info,
    ended_key,
    ended_run,
    gone_key,
    guard_key,
    key_key,
    last_of,
    load_guard,
    load_info,
    prefix_end,
    run_key,
    run_of,
    segment_key,
    segments_end,
    status_key,
    status_of,
)
from workbench.log.rules import Guard
from workbench.log.segments import head_of
from workbench.log.store import Sql, delete, put

__all__ = [
    "change_run",
    "close_run",
    "count_by_status",
    "create_run",
    "ended_before",
    "forget_run",
    "forget_segments",
    "guard_and_head",
    "info_of",
    "list_runs",
    "put_guard",
    "value_of",
]

_VALUE = "SELECT value FROM Cache WHERE key = ? AND raw = 1"
_GUARD_AND_LAST = f"""
SELECT ({_VALUE}),
       (SELECT key FROM Cache WHERE raw = 1 AND key > ? AND key < ? ORDER BY key DESC LIMIT 1)
"""  # noqa: S608 - made of constants
_RANGE = "SELECT key FROM Cache WHERE raw = 1 AND key > ? AND key < ? ORDER BY key"
_COUNT = "SELECT count(*) FROM Cache WHERE raw = 1 AND key > ? AND key < ?"


def value_of(sql: Sql, key: str) -> bytes | None:
    row = sql(_VALUE, (key,)).fetchone()
    return row[0] if row else None


def missing(sql: Sql, run: str) -> UnknownRun:
    if value_of(sql, gone_key(run)) is not None:
        return RunGone(f"run {run!r} was deleted or has expired")
    return UnknownRun(f"there is no run {run!r}")


@contextmanager
def _intact(run: str) -> Iterator[None]:
    """Whoever reads a damaged row of one run must not take it for a failure of the store."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptEntry(
            f"a row of run {run} is damaged: {error}", run=run, first=0, last=0
        ) from error


def guard_and_head(sql: Sql, run: str) -> tuple[Guard, int]:
    """Whether and by whom a run may be written, and its last cursor: the cost of an append."""
    value, last = sql(_GUARD_AND_LAST, (guard_key(run), f"s:{run}:", segments_end(run))).fetchone()
    if value is None:
        raise missing(sql, run)
    with _intact(run):
        return load_guard(value), last_of(last) if last else 0


def put_guard(sql: Sql, run: str, guard: Guard) -> None:
    put(sql, guard_key(run), dump_guard(guard))


def info_of(sql: Sql, run: str) -> RunInfo:
    value = value_of(sql, run_key(run))
    if value is None:
        raise missing(sql, run)
    with _intact(run):
        return load_info(run, value, head_of(sql, run))


def create_run(sql: Sql, info: RunInfo) -> RunInfo:
    if value_of(sql, run_key(info.id)) is not None:
        return info_of(sql, info.id)
    if info.key is not None:
        taken = value_of(sql, key_key(info.key))
        if taken is not None:
            return info_of(sql, taken.decode())
        put(sql, key_key(info.key), info.id.encode())
    _put_info(sql, info)
    put(sql, status_key(info.status, info.id), b"")
    put_guard(sql, info.id, Guard())
    return info_of(sql, info.id)


def change_run(sql: Sql, run: str, **fields: Any) -> RunInfo:
    """Write fields of a run's row; a new status moves it in the index."""
    old = info_of(sql, run)
    new = replace(old, **fields)
    _put_info(sql, new)
    if new.status != old.status:
        delete(sql, status_key(old.status, run))
        put(sql, status_key(new.status, run), b"")
    return new


def close_run(sql: Sql, run: str, guard: Guard, closing: Closing, *, at: float) -> None:
    change_run(sql, run, status=closing.status, summary=dict(closing.summary), closed_at=at)
    put(sql, ended_key(at, run), b"")
    put_guard(sql, run, guard)


def forget_run(sql: Sql, run: str) -> None:
    info = info_of(sql, run)
    delete(sql, run_key(run), guard_key(run), status_key(info.status, run))
    put(sql, gone_key(run), b"")
    if info.key is not None:
        delete(sql, key_key(info.key))
    if info.closed_at is not None:
        delete(sql, ended_key(info.closed_at, run))
    forget_segments(sql, run)


def forget_segments(sql: Sql, run: str) -> None:
    sql(
        "DELETE FROM Cache WHERE raw = 1 AND key > ? AND key < ?",
        (segment_key(run, 0), segments_end(run)),
    )


def list_runs(
    sql: Sql, status: Sequence[Status] | None, limit: int, before: str | None
) -> list[RunInfo]:
    """Newest first, without those whose row cannot be read: one run must not hide all others."""
    prefixes = ["r:"] if status is None else [f"t:{name}:" for name in dict.fromkeys(status)]
    found: list[RunInfo] = []
    while wanted := max(limit - len(found), 0):
        names = _newest(sql, prefixes, wanted, before)
        for before in names:
            with suppress(CorruptEntry, UnknownRun):
                found.append(info_of(sql, before))
        if len(names) < wanted:
            break
    return found


def _newest(sql: Sql, prefixes: Sequence[str], limit: int, before: str | None) -> list[str]:
    """Several statuses are as many index ranges, merged."""
    ranges = (
        sql(
            f"{_RANGE} DESC LIMIT ?",
            (prefix, prefix + before if before else prefix_end(prefix), limit),
        ).fetchall()
        for prefix in prefixes
    )
    names = [[run_of(key) for (key,) in rows] for rows in ranges]
    return list(islice(heapq.merge(*names, reverse=True), limit))


def ended_before(sql: Sql, at: float) -> list[str]:
    return [ended_run(key) for (key,) in sql(_RANGE, ("e:", ended_key(at, ""))).fetchall()]


def count_by_status(sql: Sql) -> dict[str, int]:
    """One pass over the index, which holds a row per run."""
    counts: dict[str, int] = {}
    for (key,) in sql(_RANGE, ("t:", prefix_end("t:"))):
        name = status_of(key)
        counts[name] = counts.get(name, 0) + 1
    return counts


def _put_info(sql: Sql, info: RunInfo) -> None:
    try:
        value = dump_info(info)
    except (orjson.JSONEncodeError, TypeError) as error:
        raise InvalidSetting(f"run {info.id} holds what JSON cannot: {error}") from error
    put(sql, run_key(info.id), value)
