"""What a scenario promises of each transport, before anything has run: a drawing of it."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Final

from workbench.events import Transport
from workbench.metrics.reader import WORDS_PER_MINUTE, reader_clock
from workbench.simulator.scenario import Scenario
from workbench.views.comparison import drawing, lane

__all__ = ["expected"]

_TEXT: Final = "response.output_text.delta"
_STREAMED: Final = ("stream", "background")
_QUEUED: Final = ("background", "poll")


def expected(
    scenario: Scenario,
    transports: Sequence[Transport],
    *,
    speed: float = 1.0,
    poll_s: float = 1.0,
    words_per_minute: float = WORDS_PER_MINUTE,
) -> dict[str, Any]:
    """The drawing of a comparison as the scenario's own times have it, without any network."""
    lanes = [_lane(scenario, each, speed, poll_s, words_per_minute) for each in transports]
    return drawing(lanes, words_per_minute=words_per_minute)


def _lane(
    scenario: Scenario, transport: Transport, speed: float, poll_s: float, words_per_minute: float
) -> dict[str, Any]:
    timing, script = scenario.turns[0].timing, scenario.first_script
    begin = timing.accept + (timing.queued if transport in _QUEUED else 0.0)

    def seconds(at: float) -> float:
        return (begin + at) / speed

    pieces = [(seconds(b.at), str(b.fields["delta"])) for b in script.beats if b.type == _TEXT]
    thoughts = [seconds(beat.at) for beat in script.beats if "reasoning" in beat.type]
    done = seconds(script.duration)
    if transport not in _STREAMED:
        if transport == "poll":
            done = next(at for at in _polls(poll_s) if at >= done)
        pieces, thoughts = [(done, "".join(piece for _, piece in pieces))], []
    clock = reader_clock(pieces, words_per_minute=words_per_minute)
    moments = {
        "first_reasoning_s": min(thoughts, default=None),
        "first_text_s": clock.starts_s if clock else None,
        "done_s": done,
    }
    reader = clock.to_dict() if clock else None
    return lane(
        label=transport, transport=transport, moments=moments, reader=reader, completed=0, failed=0
    )


def _polls(every_s: float) -> Iterator[float]:
    """When a run is asked for: less and less often, up to five times the interval."""
    at = 0.0
    for asked in count():
        at += every_s * min(1 + asked / 10, 5)
        yield at
