"""What is wrong with a stored log, found by reading all of it; nothing is repaired or changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.events import RunInfo, terminal_type
from workbench.log.base import Log
from workbench.log.disk import DiskLog
from workbench.log.ids import is_run_id
from workbench.log.records import entries
from workbench.log.rows import last_of, load_guard, load_info, run_of, status_of
from workbench.log.rules import Guard
from workbench.log.standby import StandbyLog
from workbench.log.store import Sql

__all__ = ["Problem", "check"]

_ROWS = """
SELECT key, value, raw = 1 AND typeof(key) = 'text' AND mode = 1 AND typeof(value) = 'blob'
FROM Cache ORDER BY key, raw
"""
_KINDS = frozenset("egkrstwx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is not as it should be; the cursors tell which entries cannot be read."""

    message: str
    run: str | None = None
    first: int | None = None
    last: int | None = None


def check(log: Log) -> list[Problem]:
    """Every problem of a log; what a log keeps in memory has none."""
    if isinstance(log, StandbyLog):
        log = log.store
    if not isinstance(log, DiskLog):
        return []
    with log.store.snapshot() as sql:
        return [*_check_database(sql), *_Rows(sql).problems()]


def _check_database(sql: Sql) -> Iterator[Problem]:
    for (message,) in sql("PRAGMA quick_check(20)").fetchall():
        if message != "ok":
            yield Problem(message=f"the database is damaged: {message}")


class _Rows:
    """One pass over all rows in the order of their keys, then what they must agree on."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._infos: dict[str, RunInfo] = {}
        self._guards: dict[str, Guard] = {}
        self._statuses: dict[str, list[str]] = {}
        self._heads: dict[str, int] = {}
        self._ends: dict[str, str | None] = {}  # the type of the last entry; None: unreadable

    def problems(self) -> Iterator[Problem]:
        for key, value, ours in self._sql(_ROWS):
            if not ours or not _is_ours(key):
                yield Problem(message=f"the folder holds a value that is not the log's: {key!r}")
            else:
                yield from self._row(key, value)
        yield from self._agreement()

    def _row(self, key: str, value: bytes) -> Iterator[Problem]:
        try:
            match key[0]:
                case "r":
                    self._infos[run_of(key)] = load_info(run_of(key), value, 0)
                case "g":
                    self._guards[run_of(key)] = load_guard(value)
                case "t":
                    self._statuses.setdefault(run_of(key), []).append(status_of(key))
                case "s":
                    yield from self._segment(run_of(key), last_of(key), value)
        except (ValueError, TypeError, KeyError) as error:
            yield Problem(message=f"the row {key!r} is damaged: {error}", run=run_of(key))

    def _segment(self, run: str, last: int, value: bytes) -> Iterator[Problem]:
        head = self._heads.get(run, 0)
        self._heads[run] = last
        try:
            found = entries(last, value)
        except ValueError as error:
            self._ends[run] = None
            yield _lost(run, head + 1, last, f"damaged: {error}")
            return
        self._ends[run] = str(found[-1].event.get("type"))
        first = last - len(found) + 1
        if first > head + 1:
            yield _lost(run, head + 1, first - 1, "missing")
        if first <= head:
            yield _lost(run, first, head, "stored twice")

    def _agreement(self) -> Iterator[Problem]:
        named = (self._infos, self._heads, self._guards, self._statuses)
        for run in sorted({run for rows in named for run in rows}):
            info, guard = self._infos.get(run), self._guards.get(run)
            if info is None:
                yield Problem(message=f"run {run} is listed or has entries but no row", run=run)
            elif guard is None:
                yield Problem(
                    message=f"run {run} has no lease row, so nobody can write it", run=run
                )
            elif guard.ended != info.is_ended:
                yield Problem(message=f"run {run} is half closed", run=run)
            elif self._statuses.get(run) != [info.status]:
                yield Problem(message=f"run {run} is listed under a wrong status", run=run)
            elif info.is_ended and self._ends.get(run, "") not in {
                None,
                terminal_type(info.status),
            }:
                head = self._heads.get(run, 0)
                yield Problem(
                    message=f"run {run} has ended, but its entries after {head} are missing",
                    run=run,
                    first=head + 1,
                )


def _lost(run: str, first: int, last: int, what: str) -> Problem:
    return Problem(
        message=f"entries {first} to {last} of run {run} are {what}",
        run=run,
        first=first,
        last=last,
    )


def _is_ours(key: str) -> bool:
    kind, colon, _ = key.partition(":")
    return kind in _KINDS and bool(colon) and (kind in "kw" or is_run_id(run_of(key)))
