"""A provider that is down is left alone."""

from tests.support.waiting import wait_until
from workbench.clock import ManualClock
from workbench.errors import (
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRejected,
    StreamInterrupted,
)
from workbench.providers.circuit import Circuits

DOWN = ProviderUnreachable("refused", cause="connect", accepted=False)
HERE, THERE = "https://here/v1", "https://there/v1"


def broken() -> tuple[Circuits, ManualClock]:
    clock = ManualClock()
    circuits = Circuits(clock.monotonic)
    for _ in range(5):
        assert circuits.wait_s(HERE) == 0.0
        circuits.failed(HERE, DOWN)
    return circuits, clock


def test_failures_in_a_row_make_everybody_wait() -> None:
    circuits, _ = broken()
    assert circuits.wait_s(HERE) == 2.0


def test_another_base_url_is_not_blamed() -> None:
    circuits, _ = broken()
    assert circuits.wait_s(THERE) == 0.0


def test_an_answer_between_failures_starts_the_count_anew() -> None:
    circuits = Circuits(ManualClock().monotonic)
    for error in (DOWN, DOWN, DOWN, DOWN, RequestRejected("no"), DOWN, DOWN):
        circuits.failed(HERE, error)
    assert circuits.wait_s(HERE) == 0.0


def test_limits_refusals_and_cuts_are_answers() -> None:
    circuits = Circuits(ManualClock().monotonic)
    for error in (ProviderBusy("x", status=429), StreamInterrupted("x"), RequestRejected("x")) * 9:
        circuits.failed(HERE, error)
    assert circuits.wait_s(HERE) == 0.0


def test_errors_of_the_server_are_failures() -> None:
    circuits = Circuits(ManualClock().monotonic)
    for _ in range(5):
        circuits.failed(HERE, ProviderBusy("x", status=503))
    assert circuits.wait_s(HERE) > 0.0


def test_after_the_rest_one_attempt_tries_for_all() -> None:
    circuits, clock = broken()
    clock.advance(2.0)
    assert circuits.wait_s(HERE) == 0.0
    assert circuits.wait_s(HERE) > 0.0


def test_a_lucky_trial_lets_everybody_in() -> None:
    circuits, clock = broken()
    clock.advance(2.0)
    assert circuits.wait_s(HERE) == 0.0
    circuits.answered(HERE)
    assert [circuits.wait_s(HERE) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_an_unlucky_trial_makes_the_rest_longer_up_to_a_minute() -> None:
    assert rests_after(ProviderBusy("x", status=503)) == [2, 4, 8, 16, 32, 60, 60, 60]
    assert rests_after(ProviderUnreachable("silent", cause="headers"))[-1] == 60


def test_while_nobody_can_be_reached_the_rest_stays_short() -> None:
    assert rests_after(DOWN) == [2] * 8
    assert rests_after(ProviderUnreachable("reset at once", cause="reset")) == [2] * 8


def rests_after(error: ProviderError) -> list[float]:
    circuits, clock = broken()
    rests = []
    for _ in range(8):
        rests.append(round(circuits.wait_s(HERE), 3))
        clock.advance(rests[-1])
        assert circuits.wait_s(HERE) == 0.0
        circuits.failed(HERE, error)
    return rests


def test_a_trial_that_never_reports_back_keeps_nobody_waiting_for_ever() -> None:
    circuits, clock = broken()
    clock.advance(2.0)
    assert circuits.wait_s(HERE) == 0.0

    def may_try() -> bool:
        wait_s = circuits.wait_s(HERE)
        clock.advance(wait_s)
        return wait_s == 0.0

    wait_until(may_try, "another attempt is let in")
