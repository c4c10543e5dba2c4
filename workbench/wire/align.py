"""Which folded item each item of a final object is.

By id first; then by position, because ids rotate behind some gateways; then by type, because
some servers leave reasoning out of the final list. Pairs never cross: the items of the object
keep their order in the state, where order is the output index.
"""

from itertools import count
from math import inf
from typing import Any

from workbench.state import Item

__all__ = ["Pair", "align"]

Raw = dict[str, Any]
Pair = tuple[int, Item | None, Raw]  # output index, the folded item if there is one, the final one


def align(held: list[Item], output: object, *, wins: bool) -> tuple[list[Pair], list[Item]]:
    """Pairs in order, and the folded items that the object contradicts by leaving them out.

    When the object does not win, nothing is gone, and an item for which the folded ones leave
    no room is left out of the pairs.
    """
    listed = [raw for raw in output if isinstance(raw, dict)] if isinstance(output, list) else []
    matches = _matches(held, listed)
    taken = {item.index for item in held}
    pairs: list[Pair] = []
    dropped: list[Item] = []
    low = -1
    for place, raw in enumerate(listed):
        item = matches[place]
        index = item.index if item else _slot(place, low, _next_index(matches, place), taken)
        if index is None:
            if not wins:
                continue
            # No room before the next match: what follows is told anew, behind what was folded.
            dropped += [match for match in matches[place:] if match is not None]
            matches[place:] = [None] * (len(listed) - place)
            index = next(free for free in count(low + 1) if free not in taken)
        taken.add(index)
        low = index
        pairs.append((index, item, raw))
    if not wins or not pairs:
        return pairs, []
    kept = {item.index for item in matches if item is not None}
    gone = [item for item in held if item in dropped or (item.index not in kept and item.text)]
    return pairs, gone


def _matches(held: list[Item], listed: list[Raw]) -> list[Item | None]:
    matches: list[Item | None] = [None] * len(listed)
    names = [raw.get("id") for raw in listed]
    low = -1
    for place, raw in enumerate(listed):
        is_name = isinstance(names[place], str) and names.count(names[place]) == 1
        for item in held if is_name else ():
            if (
                item.id == names[place]
                and item.index > low
                and item.type in (None, raw.get("type"))
            ):
                matches[place], low = item, item.index
                break
    low = -1
    for place, raw in enumerate(listed):
        if matches[place] is None:
            high = _next_index(matches, place)
            alike = [
                item
                for item in held
                if low < item.index < high and item.type in (None, raw.get("type"))
            ]
            at_place = (item for item in alike if item.index == place)
            matches[place] = next(at_place, alike[0] if alike else None)
        if (match := matches[place]) is not None:
            low = match.index
    return matches


def _next_index(matches: list[Item | None], place: int) -> float:
    return next((item.index for item in matches[place + 1 :] if item is not None), inf)


def _slot(place: int, low: int, high: float, taken: set[int]) -> int | None:
    """A free output index between two neighbours; the item's own position if it is one."""
    if low < place < high and place not in taken:
        return place
    free = next(index for index in count(low + 1) if index not in taken)
    return free if free < high else None
