import asyncio
import time

import pytest
from hypothesis import given, strategies as st

from tests.metrics.handmade import plain
from workbench.errors import InvalidCursor, InvalidSetting
from workbench.events import Entry
from workbench.lab.replay import Replay


def entries(*seconds: float) -> list[Entry]:
    return [Entry(i, 100 + at, {"type": "x", "n": i}) for i, at in enumerate(seconds, start=1)]


def test_at_speed_0_everything_comes_at_once_and_in_order() -> None:
    began = time.monotonic()
    assert list(Replay(plain(pieces=500, every=1.0).entries, speed=0)) == (
        plain(pieces=500, every=1.0).entries
    )
    assert time.monotonic() - began < 5


def test_every_entry_is_due_at_its_own_distance_from_the_first() -> None:
    made = entries(0.0, 0.5, 0.5, 2.0)
    assert [due for due, _ in Replay(made).timed()] == [0.0, 0.5, 0.5, 2.0]
    assert [due for due, _ in Replay(made, speed=4).timed()] == [0.0, 0.125, 0.125, 0.5]
    assert [due for due, _ in Replay(made, speed=0.5).timed()] == [0.0, 1.0, 1.0, 4.0]


def test_a_long_pause_can_be_cut_short() -> None:
    made = entries(0.0, 0.5, 60.5, 61.0)
    assert [due for due, _ in Replay(made, longest_pause_s=1).timed()] == [0.0, 0.5, 1.5, 2.0]


def test_it_goes_from_any_cursor_to_any_cursor() -> None:
    made = entries(0.0, 1.0, 2.0, 3.0, 4.0)
    replay = Replay(made, after=1, until=4)
    assert [(due, entry.cursor) for due, entry in replay.timed()] == [(0, 2), (1, 3), (2, 4)]


def test_at_speed_1_entries_come_in_time() -> None:
    made = entries(0.0, 0.05, 0.1, 0.15, 0.2)
    began = time.monotonic()
    came = [(time.monotonic() - began, entry.at - 100) for entry in Replay(made)]
    late = sorted(at - due for at, due in came)
    assert late[0] >= 0
    assert late[len(late) // 2] < 0.02  # a few milliseconds, on a machine that has other work


def test_it_can_be_awaited_and_begun_again() -> None:
    replay = Replay(entries(0.0, 0.01, 0.02))

    async def cursors() -> list[int]:
        return [entry.cursor async for entry in replay]

    assert asyncio.run(cursors()) == asyncio.run(cursors()) == [1, 2, 3]


def test_time_that_runs_backwards_is_no_wait() -> None:
    assert [due for due, _ in Replay(entries(0.0, 1.0, 0.5, 1.5)).timed()] == [0, 1, 1, 2]


def test_wrong_input_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="speed"):
        Replay([], speed=-1)
    with pytest.raises(InvalidCursor, match="forward"):
        Replay([], after=5, until=3)


@given(st.lists(st.floats(0, 100), max_size=50), st.floats(0.1, 100), st.integers(0, 60))
def test_order_and_content_never_change(steps: list[float], speed: float, after: int) -> None:
    made = entries(*steps)
    timed = list(Replay(made, speed=speed, after=after).timed())
    assert [entry for _, entry in timed] == made[after:]
    dues = [due for due, _ in timed]
    assert dues == sorted(dues)
