"""Whose turn it is: base URLs take turns, and within one the oldest run goes first."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable

from workbench.events import RunInfo

__all__ = ["in_turn"]


def in_turn(waiting: Iterable[RunInfo], busy: Iterable[RunInfo]) -> list[RunInfo]:
    """Waiting runs in the order of their turns.

    The base URL with the fewest runs under way is next, so that a thousand runs at one provider
    do not keep a single run at another waiting.
    """
    queues: dict[tuple[str, str | None], deque[RunInfo]] = defaultdict(deque)
    for info in sorted(waiting, key=lambda info: (info.created_at, info.id)):
        queues[_place(info)].append(info)
    load = Counter(_place(info) for info in busy)
    order = []
    while queues:
        place = min(queues, key=lambda place: (load[place], queues[place][0].created_at))
        order.append(queues[place].popleft())
        load[place] += 1
        if not queues[place]:
            del queues[place]
    return order


def _place(info: RunInfo) -> tuple[str, str | None]:
    return info.request.provider, info.request.base_url
