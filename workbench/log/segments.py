"""Entries in the store: how they are found after a cursor, and how small segments become large.

An append becomes a segment of its own. When the small segments at the end of a run add up to a
full one, the append that completes it replaces them all, in its own transaction: so every entry
is written twice at most, and a long run is read a few dozen entries at a time.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from workbench.errors import CorruptEntry
from workbench.log.records import FULL, Block, joined, pack, parts, unpack
from workbench.log.rows import last_of, segment_key, segments_end
from workbench.log.store import Sql, move, put

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

_PAGE_BYTES = 3 << 10  # what surely fits into a page of SQLite with its key and its times

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


def holds(sql: Sql, run: str, after: int, block: Block) -> bool:
    """Whether the entries after a cursor are these very ones."""
    found: list[Block] = []
    count = len(block.times)
    with segments_after(sql, run, after) as segments:
        for segment in segments:
            try:
                found.append(unpack(segment.value))
            except (ValueError, TypeError) as error:
                raise damage(sql, run, segment, error) from error
            if segment.last >= after + count:
                break
    if not found:
        return not count
    stored = joined(found)
    start = after - (segment.last - len(stored.times))
    return stored.cut(start, start + count) == block


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
    """Where the small segments at the end of each run begin, and what the last one holds.

    Only hints: what is forgotten is found again, or a segment is begun where one could grow.
    """

    def __init__(self) -> None:
        self._full_until: dict[str, int] = {}
        self._growing: dict[str, tuple[int, Block]] = {}

    def store(self, sql: Sql, run: str, head: int, block: Block, *, last: bool) -> None:
        """Add entries after the head; the last ones of a run leave no small segments behind."""
        full = self._full_until.get(run)
        if full is None:
            full = self._full_until[run] = self._find(sql, run, head)
        if head - full + len(block.times) < FULL and not last:
            self._grow(sql, run, head, block)
            return
        if full < head:
            tail = self._take(sql, run, full, head)
            if tail:
                block, head = joined([*tail, block]), full
            else:
                full = head
        for part in parts(block):
            start, head = head, head + len(part.times)
            put(sql, segment_key(run, head), pack(part))
            if start == full and part.is_full:
                full = head
        self._full_until[run] = full
        self._growing.pop(run, None)

    def _grow(self, sql: Sql, run: str, head: int, block: Block) -> None:
        """Into the last segment, as long as it stays in the page that is written anyway."""
        at, before = self._growing.get(run, (0, None))
        new = segment_key(run, head + len(block.times))
        if before and at == head and len(before.texts) + len(block.texts) < _PAGE_BYTES:
            block = joined([before, block])
            move(sql, segment_key(run, head), new, pack(block))
        else:
            put(sql, new, pack(block))
        self._growing[run] = last_of(new), block

    def forget(self, run: str) -> None:
        self._full_until.pop(run, None)
        self._growing.pop(run, None)

    def _find(self, sql: Sql, run: str, head: int) -> int:
        full, upper = head, head
        for lower in [*last_cursors(sql, run, limit=FULL + 1)[1:], 0]:
            if upper - lower >= FULL or head - lower > FULL:
                break
            full = upper = lower
        return full

    def _take(self, sql: Sql, run: str, full: int, head: int) -> list[Block]:
        """The blocks of the small segments, which are gone then; none when one is damaged."""
        try:
            with segments_after(sql, run, full) as segments:
                taken = [unpack(segment.value) for segment in segments]
        except (ValueError, TypeError):
            return []
        if sum(len(block.times) for block in taken) != head - full:
            return []
        sql(_DROP, (segment_key(run, full), segment_key(run, head)))
        return taken
