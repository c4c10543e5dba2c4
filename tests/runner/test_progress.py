"""What a log tells the next runner of the attempts before it."""

import pytest

from workbench.errors import Cause, ProviderError, ProviderUnreachable, StreamInterrupted
from workbench.events import Event, Fact
from workbench.runner.progress import Progress

STARTED: Event = {"type": Fact.ATTEMPT_STARTED, "mode": "resume"}
CONNECTED: Event = {"type": Fact.ATTEMPT_CONNECTED, "status": 200}


def interrupted(cause: Cause) -> Event:
    return {"type": Fact.ATTEMPT_INTERRUPTED, "cause": cause, "message": "x"}


def told(*events: Event) -> Progress:
    progress = Progress()
    for event in events:
        progress.add_event(event, 1.0)
    return progress


@pytest.mark.parametrize("cause", ["connect", "reset", "cut"])
def test_attempts_that_met_nobody_say_nothing_of_the_stream(cause: Cause) -> None:
    progress = told(*[STARTED, interrupted(cause)] * 4)
    assert (progress.away, progress.fruitless) == (4, 0)
    assert isinstance(progress.interruption, ProviderUnreachable)


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ((STARTED, interrupted("headers")), ProviderUnreachable),
        ((STARTED, CONNECTED, interrupted("reset")), StreamInterrupted),
        ((STARTED, CONNECTED, interrupted("ended")), StreamInterrupted),
    ],
)
def test_attempts_that_were_answered_with_nothing_count(
    events: tuple[Event, ...], kind: type[ProviderError]
) -> None:
    progress = told(*events * 3)
    assert (progress.away, progress.fruitless) == (0, 3)
    assert isinstance(progress.interruption, kind)


def test_an_answer_ends_the_count_of_those_that_met_nobody() -> None:
    away = (STARTED, interrupted("connect"))
    assert told(*away, *away, STARTED, CONNECTED).away == 0
