"""Run ids sort by time, cannot be guessed and are safe anywhere."""

from workbench.clock import ManualClock
from workbench.log.ids import is_run_id, new_run_id


def test_ids_sort_by_the_time_of_their_making() -> None:
    clock = ManualClock(1_700_000_000.0)
    made = []
    for _ in range(200):
        made.append(new_run_id(clock))
        clock.advance(0.001)
    assert made == sorted(made)


def test_ids_of_one_moment_differ() -> None:
    clock = ManualClock()
    assert len({new_run_id(clock) for _ in range(1000)}) == 1000


def test_an_id_is_short_and_safe_in_a_path() -> None:
    made = new_run_id(ManualClock())
    assert is_run_id(made)
    assert len(made) == 26
    assert made.isalnum()


def test_paths_and_separators_are_no_ids() -> None:
    for text in ("", ".", "..", "a/b", "a:b", "a b", "-a", "x" * 101, "ä", "a\n", "a\x00"):
        assert not is_run_id(text)
