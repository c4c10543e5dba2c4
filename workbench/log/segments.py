"""Entries in the store: how they are found after a cursor, and how small segments become large.

An append becomes a segment of its own. When the small segments at the end of a run add up to a
full one, the append that completes it replaces them all, in its own transaction: so every entry
is written twice at most, and a long run is read a few dozen entries at a time.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import NamedTuple

from workbench.errors import CorruptEntry
from workbench.events import Arrival
from workbench.log.records import pack, unpack
from workbench.log.rows import last_of, segment_key, segments_end
from workbench.log.store import Sql, put

__all__ = [
    "FULL",
    "Segment",
    "Tails",
    "damage",
    "head_of",
    "holds",
    "last_cursors",
    "segments_after",
]

FULL = 64  # entries
FULL_BYTES = 128 << 10

_AFTER = "SELECT key, value FROM Cache WHERE raw = 1 AND key > ? AND key < ? ORDER BY key"
_LAST = "SELECT key FROM Cache WHERE raw = 1 AND key > ? AND key < ? ORDER BY key DESC LIMIT ?"
_DROP = "DELETE FROM Cache WHERE raw = 1 AND key > ? AND key <= ?"


class Segment(NamedTuple):
    last: int
    value: bytes


@contextmanager
def segments_after(sql: Sql, run: str, after: int) -> Iterator[Iterator[Segment]]:
    """The segments that hold what follows a cursor; the first may begin before it."""
    # A cursor left open would keep its connection in the past for whoever uses it next.
    with closing(sql(_AFTER, (segment_key(run, after), segments_end(run)))) as rows:
        yield (Segment(last_of(key), value) for key, value in rows)


def last_cursors(sql: Sql, run: str, *, before: int | None = None, limit: int = 1) -> list[int]:
    """The last cursors of the last segments, from the end."""
    end = segments_end(run) if before is None else segment_key(run, before)
    return [last_of(key) for (key,) in sql(_LAST, (f"s:{run}:", end, limit)).fetchall()]


def head_of(sql: Sql, run: str) -> int:
    found = last_cursors(sql, run)
    return found[0] if found else 0


def holds(sql: Sql, run: str, after: int, arrivals: Sequence[Arrival]) -> bool:
    """Whether the entries after a cursor are these very ones."""
    stored: list[Arrival] = []
    first = after + 1
    with segments_after(sql, run, after) as segments:
        for segment in segments:
            try:
                found = unpack(segment.value)
            except (ValueError, TypeError) as error:
                raise damage(sql, run, segment, error) from error
            if not stored:
                first = segment.last - len(found) + 1
            stored += found
            if segment.last >= after + len(arrivals):
                break
    start = after + 1 - first
    return stored[start : start + len(arrivals)] == list(arrivals)


def damage(sql: Sql, run: str, segment: Segment, reason: object) -> CorruptEntry:
    """What to say of a segment that does not hold what its key promises."""
    before = last_cursors(sql, run, before=segment.last)
    first = before[0] + 1 if before else 1
    return CorruptEntry(
        f"entries {first} to {segment.last} of run {run} are damaged: {reason}",
        run=run,
        first=first,
        last=segment.last,
    )


class Tails:
    """Where the small segments at the end of each run begin; a hint that can be found again."""

    def __init__(self) -> None:
        self._full_until: dict[str, int] = {}

    def store(
        self, sql: Sql, run: str, head: int, arrivals: Sequence[Arrival], *, last: bool
    ) -> None:
        """Add entries after the head; the last ones of a run leave no small segments behind."""
        full = self._full_until.get(run)
        if full is None:
            full = self._find(sql, run, head)
        if full < head and (last or head - full + len(arrivals) >= FULL):
            tail = self._take(sql, run, full, head)
            if tail is None:
                full = head
            else:
                arrivals, head = [*tail, *arrivals], full
        for part in _parts(arrivals):
            start, head = head, head + len(part)
            put(sql, segment_key(run, head), pack(part))
            if start == full and _is_full(part):
                full = head
        self._full_until[run] = full

    def forget(self, run: str) -> None:
        self._full_until.pop(run, None)

    def _find(self, sql: Sql, run: str, head: int) -> int:
        full, upper = head, head
        for lower in [*last_cursors(sql, run, limit=FULL + 1)[1:], 0]:
            if upper - lower >= FULL or head - lower > FULL:
                break
            full = upper = lower
        return full

    def _take(self, sql: Sql, run: str, full: int, head: int) -> list[Arrival] | None:
        """The entries of the small segments, which are gone then; None when one is damaged."""
        taken: list[Arrival] = []
        try:
            with segments_after(sql, run, full) as segments:
                for segment in segments:
                    taken += unpack(segment.value)
        except (ValueError, TypeError):
            return None
        if len(taken) != head - full:
            return None
        sql(_DROP, (segment_key(run, full), segment_key(run, head)))
        return taken


def _is_full(part: Sequence[Arrival]) -> bool:
    return len(part) >= FULL or sum(len(json) for _, json in part) >= FULL_BYTES


def _parts(arrivals: Sequence[Arrival]) -> Iterator[Sequence[Arrival]]:
    """Full segments, and what is left: by number, and sooner when the events are large."""
    start, size = 0, 0
    for end, (_, json) in enumerate(arrivals, 1):
        size += len(json)
        if end - start == FULL or size >= FULL_BYTES:
            yield arrivals[start:end]
            start, size = end, 0
    if start < len(arrivals):
        yield arrivals[start:]
