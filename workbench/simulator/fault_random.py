"""Faults drawn from a seed: the same seed gives the same faults, on every machine.

Only faults that a careful client survives without losing anything are drawn: it may have to
resume, wait, poll, or fetch the final object, but never to give up. So nothing is broken before
`response.created` has arrived whole: who does not know the id of a response cannot resume it.
From one to four faults; each strikes the first, second or third connection, early places more
often than late ones.
"""

import random
from typing import Final

__all__ = ["DRAWN", "draw"]

_EVENTS: Final = 60
_HOW_MANY: Final = (1, 1, 2, 2, 3, 4)
_CONNECTION: Final = ("", "", "", "#2", "#2", "#3", "#1-2")
_DROPS: Final = ("cut", "reset", "truncate", "end", "offline")
_TIMES: Final = ("20ms", "100ms", "300ms")

# Kind of fault as a template, and how often it is drawn, in parts of their sum.
DRAWN: Final[dict[str, int]] = {
    "cut@{place}{n}": 16,
    "reset@{place}{n}": 10,
    "truncate@{event}{n}": 6,
    "end@{place}{n}": 8,
    "cut@character:{few}{n}": 4,
    "stall({time})@{place}{n}": 5,
    "offline({time})@{event}{n}": 4,
    "trickle(3,every=1ms,length=512)@{event}{n}": 3,
    "split({few})#{nth}": 2,
    "buffer({time})#{nth}": 2,
    "unframed#{nth}": 2,
    "comments@{event}{n}": 3,
    "ping@{event}{n}": 3,
    "retry@{event}{n}": 2,
    "keepalive@{event}{n}": 3,
    "unknown@{event}{n}": 3,
    "duplicate({few})@{event}{n}": 5,
    "reorder@{event}{n}": 3,
    "gap({few})@{event}{n}": 3,
    "garble@{event}{n}": 3,
    "fields": 2,
    "ids": 2,
    "crlf": 2,
    "cr": 1,
    "bom": 1,
    "repeat": 2,
    "repeat({few})": 3,
    "429(retry-after=0)@create": 2,
    "429(retry-after-ms=50)@resume#{nth}": 3,
    "500@resume#{nth}": 3,
    "502@resume#{nth}": 2,
    "503(retry-after=0)@resume#{nth}": 3,
    "html@resume#{nth}": 2,
    "json@resume#{nth}": 2,
    "expire#{nth}-": 2,
    "500@poll#{nth}": 2,
}


def draw(seed: int, *, events: int | None = None) -> list[str]:
    """Faults as texts; `events` is about how many events the answer will have."""
    chance = random.Random(f"faults {seed}")
    drawn = [_one(chance, events or _EVENTS) for _ in range(chance.choice(_HOW_MANY))]
    if sum(map(_withheld, drawn)) > 1:
        # A repetition moves places back: the events asked for again could be withheld again.
        return [fault for fault in drawn if not fault.startswith("repeat")]
    return drawn


def _withheld(fault: str) -> int:
    """On how many connections a fault takes events away."""
    if not fault.startswith(("gap", "garble")):
        return 0
    return 2 if fault.endswith("#1-2") else 1


def _one(chance: random.Random, events: int) -> str:
    [template] = chance.choices(list(DRAWN), weights=list(DRAWN.values()))
    # Uniform in the logarithm: the first events matter as much as all the late ones together.
    number = max(2, min(events, int(events ** chance.random()) + 1))
    event, frame = f"event:{number}", f"frame:{number}"
    place = chance.choice((event, event, frame, frame, "created", "last"))
    connection = chance.choice(_CONNECTION)
    if place == "created" and connection in {"", "#1-2"}:
        connection = "#2"
    return template.format(
        event=event,
        place=place,
        n=connection,
        nth=chance.randint(1, 2),
        few=chance.randint(1, 5),
        time=chance.choice(_TIMES),
    )
