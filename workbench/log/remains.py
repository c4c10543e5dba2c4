"""Deleting what is left of a run whose rows are damaged."""

from typing import get_args

from workbench.errors import CorruptEntry, RunGone, UnknownRun
from workbench.events import Status
from workbench.log.rows import gone_key, guard_key, run_key, status_key
from workbench.log.runs import forget_segments, guard_and_head, info_of, value_of
from workbench.log.segments import head_of
from workbench.log.store import Sql, delete, put

__all__ = ["check_deletable", "forget_damaged_run"]


def check_deletable(sql: Sql, run: str, now: float) -> None:
    """LeaseHeld while a run goes on, or may: one that is damaged and held by nobody cannot."""
    try:
        guard, _ = guard_and_head(sql, run)
    except RunGone:
        raise
    except (CorruptEntry, UnknownRun):
        if value_of(sql, run_key(run)) is None and not head_of(sql, run):
            raise
        return
    if not guard.ended and (guard.remaining_s(now) or _is_readable(sql, run)):
        raise guard.live(run, now)


def _is_readable(sql: Sql, run: str) -> bool:
    try:
        info_of(sql, run)
    except (CorruptEntry, UnknownRun):
        return False
    return True


def forget_damaged_run(sql: Sql, run: str) -> None:
    """What its row would have told, its key and its end, is found by looking at all of them."""
    delete(sql, run_key(run), guard_key(run), *(status_key(one, run) for one in get_args(Status)))
    put(sql, gone_key(run), b"")
    sql(
        "DELETE FROM Cache WHERE raw = 1 AND key > ? AND key < ? AND value = ?",
        ("k:", "k;", run.encode()),
    )
    sql(
        "DELETE FROM Cache WHERE raw = 1 AND key > ? AND key < ? AND substr(key, ?) = ?",
        ("e:", "e;", -len(run) - 1, f":{run}"),
    )
    forget_segments(sql, run)
