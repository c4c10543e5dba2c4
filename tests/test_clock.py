"""Stamps never run backwards, and a machine that slept does not live in the past."""

import pytest

from workbench.clock import ManualClock, SystemClock


class Hands:
    """What the operating system would say."""

    wall = 1_000.0
    monotonic = 50.0

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def clock(hands: Hands) -> SystemClock:
    return SystemClock(lambda: hands.wall, lambda: hands.monotonic)


def test_time_passes_as_the_wall_says(clock: SystemClock, hands: Hands) -> None:
    hands.pass_(7)
    assert (clock.now(), clock.monotonic()) == (1_007, 57)


def test_a_wall_clock_that_is_set_back_moves_nothing(clock: SystemClock, hands: Hands) -> None:
    hands.pass_(7)
    hands.wall -= 3600
    assert clock.now() == 1_007
    hands.pass_(1)
    assert clock.now() == 1_008


def test_after_a_sleep_the_clock_catches_up(clock: SystemClock, hands: Hands) -> None:
    hands.wall += 3600
    assert clock.now() == 4_600
    hands.pass_(1)
    assert clock.now() == 4_601


def test_a_manual_clock_moves_only_when_told_and_only_forward() -> None:
    clock = ManualClock(start=10)
    clock.advance(2.5)
    assert (clock.now(), clock.monotonic()) == (12.5, 2.5)
    with pytest.raises(ValueError, match="advances"):
        clock.advance(-1)
