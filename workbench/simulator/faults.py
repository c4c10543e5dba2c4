"""Faults as data: what goes wrong, where, and on which connections; as text, dict and value.

A fault says nothing about how it is done. `cut@event:40` is a kind and a place; `429@create#1-2`
a kind, the requests it waits for and which of them. `str(fault)` is its text, `parse` reads it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from workbench.errors import InvalidFault
from workbench.simulator import fault_text
from workbench.simulator.fault_kinds import KINDS, Kind, Option
from workbench.simulator.fault_random import draw
from workbench.simulator.fault_text import Part, Spelled, complain, duration_text, seconds

__all__ = ["REQUESTS", "Fault", "Place", "Value", "faults_text", "parse"]

REQUESTS: Final = ("create", "resume", "poll", "cancel")
_BARE_PLACES: Final = frozenset({"request", "headers", "created", "last", "end"})
_NUMBERED_PLACES: Final = frozenset({"event", "frame", "byte", "character"})
_LARGEST: Final = 999_999_999
_SHORTEST_S, _LONGEST_S = 1e-6, 86_400.0
_DRAW: Final = re.compile(r"([0-9]{1,40})(?::([0-9]{1,9}))?")

Value = int | float | str


@dataclass(frozen=True, slots=True)
class Place:
    """A point of an exchange: `at` counts events, bytes or characters, or seconds for `after`."""

    name: str
    at: int | float | None = None

    def __post_init__(self) -> None:
        if reason := _wrong_place(self.name, self.at):
            raise InvalidFault(reason)

    def __str__(self) -> str:
        if self.at is None:
            return self.name
        return duration_text(self.at) if self.name == "after" else f"{self.name}:{self.at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong; what is left out is the default of its kind."""

    kind: str
    options: tuple[tuple[str, Value], ...] = ()
    on: str | None = None  # the kind of request, one of REQUESTS; None: as its kind has it
    place: Place | None = None
    connections: tuple[int, int | None] | None = None  # first and last, from 1; None: no last

    def __post_init__(self) -> None:
        kind = KINDS.get(self.kind)
        if kind is None:
            raise InvalidFault(_unknown_kind(self.kind))
        if reason := _wrong_options(self.kind, kind, self.options):
            raise InvalidFault(reason)
        if self.on is not None and self.on not in REQUESTS:
            raise InvalidFault(f"{self.on!r} is no kind of request; these are: {_list(REQUESTS)}")
        if self.place is not None and self.place.name not in kind.places:
            raise InvalidFault(_misplaced(self.kind, kind, self.place))
        if self.connections is not None and not _is_range(*self.connections):
            raise InvalidFault(f"{self.connections} are no connections: first and last, from 1")

    @property
    def does(self) -> Kind:
        return KINDS[self.kind]

    def option(self, name: str) -> Value | None:
        """Its value, or the default of its kind."""
        given = dict(self.options)
        return given[name] if name in given else _option(self.does, name).default

    def number(self, name: str) -> float:
        value = self.option(name)
        assert isinstance(value, int | float)
        return value

    def where(self) -> Place | None:
        """Its place, or the default of its kind."""
        if self.place is None and self.does.default_place is not None:
            name, at = self.does.default_place
            return Place(name, None if name in _BARE_PLACES else at)
        return self.place

    def meets(self, connection: int) -> bool:
        """Whether it concerns the how-manieth connection."""
        first, last = self.connections or self.does.connections
        return first <= connection and (last is None or connection <= last)

    def __str__(self) -> str:
        bare = {option.name for option in self.does.options if option.bare}
        options = ",".join(
            _value_text(self.does, name, value)
            if name in bare
            else f"{name}={_value_text(self.does, name, value)}"
            for name, value in self.options
        )
        text = f"{self.kind}({options})" if options else self.kind
        text += f"@{self.on}" if self.on else ""
        text += f"@{self.place}" if self.place else ""
        return text + _connections_text(self.connections)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, without what was left out."""
        data: dict[str, Any] = {"kind": self.kind}
        if self.options:
            data["options"] = dict(self.options)
        if self.on:
            data["on"] = self.on
        if self.place:
            data["place"] = self.place.name
            if self.place.at is not None:
                data["at"] = self.place.at
        if self.connections:
            data["connections"] = list(self.connections)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Fault":
        known = {"kind", "options", "on", "place", "at", "connections"}
        if extra := sorted(set(data) - known):
            raise InvalidFault(f"a fault has no field {extra[0]!r}; its fields: {_list(known)}")
        place, connections = data.get("place"), data.get("connections")
        if place is None and data.get("at") is not None:
            raise InvalidFault(f"a fault at {data['at']!r} needs a place, such as event")
        options = data.get("options") or {}
        if not isinstance(options, Mapping):
            raise InvalidFault(f"the options of a fault are an object, not {options!r}")
        if connections is not None and (
            not isinstance(connections, list | tuple) or len(connections) != 2
        ):
            raise InvalidFault(f"connections are [first, last], not {connections!r}")
        return cls(
            kind=str(data.get("kind", "")),
            options=tuple((str(name), value) for name, value in options.items()),
            on=data.get("on"),
            place=None if place is None else Place(str(place), data.get("at")),
            connections=None if connections is None else (connections[0], connections[1]),
        )


def parse(text: str) -> tuple[Fault, ...]:
    """The faults of a text such as `cut@event:40; stall@3s#2; random:7`.

    What is wrong raises InvalidFault with a message that shows where.
    """
    found: list[Fault] = []
    for spelled in fault_text.read(text):
        if spelled.random is not None:
            found += _drawn(spelled.random, text)
        else:
            found.append(_fault(spelled, text))
    return tuple(found)


def faults_text(faults: Iterable[Fault]) -> str:
    """The text that `parse` reads back as these faults."""
    return ";".join(map(str, faults))


def _drawn(seed: Part, text: str) -> list[Fault]:
    match = _DRAW.fullmatch(seed.text)
    if match is None:
        complain("expected random:SEED or random:SEED:EVENTS", text, seed.start, len(seed.text))
    drawn = draw(int(match[1]), events=int(match[2]) if match[2] else None)
    return [fault for each in drawn for fault in parse(each)]


def _fault(spelled: Spelled, text: str) -> Fault:
    name = spelled.kind.text
    kind = KINDS.get(name)
    if kind is None:
        complain(_unknown_kind(name), text, spelled.kind.start, len(name))
    options: list[tuple[str, Value]] = []
    for given, part in spelled.options:
        option = _option_meant(kind, given, options)
        if option is None:
            complain(_unknown_option(name, kind, given), text, part.start, len(part.text))
        value = _read_value(option, part.text)
        if value is None:
            complain(_wrong_value(option, part.text), text, part.start, len(part.text))
        options.append((option.name, value))
    on: str | None = None
    place: Place | None = None
    for part in spelled.where:
        if part.text in REQUESTS and on is None:
            on = part.text
            continue
        if place is not None:
            complain("a fault has one place", text, part.start, len(part.text))
        place = _read_place(part, text)
        if place.name not in kind.places:
            complain(_misplaced(name, kind, place), text, part.start, len(part.text))
    try:
        return Fault(
            kind=name,
            options=tuple(options),
            on=on,
            place=place,
            connections=spelled.connections,
        )
    except InvalidFault as error:
        complain(str(error), text, spelled.kind.start, len(name))


def _read_place(part: Part, text: str) -> Place:
    name, colon, number = part.text.partition(":")
    after = seconds(part.text)
    if after is not None:
        name, at = "after", after
    elif name in _NUMBERED_PLACES and number.isdigit():
        at = int(number)
    elif name in _BARE_PLACES and not colon:
        return Place(name)
    elif name in _NUMBERED_PLACES:
        complain(f"{name} needs a number, such as {name}:4", text, part.start, len(part.text))
    else:
        choices = [*REQUESTS, *sorted(_BARE_PLACES), *(f"{n}:4" for n in sorted(_NUMBERED_PLACES))]
        complain(
            f"unknown place; there are: {_list(choices)}, 3s", text, part.start, len(part.text)
        )
    if reason := _wrong_place(name, at):
        complain(reason, text, part.start, len(part.text))
    return Place(name, at)


def _wrong_place(name: str, at: object) -> str | None:
    if name in _BARE_PLACES:
        return None if at is None else f"the place {name} takes no number"
    if name == "after":
        return None if _is_duration(at) else "a time must be from 0 s to 86400 s"
    if name not in _NUMBERED_PLACES:
        return f"unknown place {name!r}"
    lowest = 0 if name in {"event", "byte"} else 1
    if isinstance(at, int) and not isinstance(at, bool) and lowest <= at <= _LARGEST:
        return None
    return f"{name} is counted from {lowest} to {_LARGEST}"


def _misplaced(name: str, kind: Kind, place: Place) -> str:
    if not kind.places:
        return f"{name} takes no place"
    choices = sorted(kind.places - {"after"}) + ["a time"] * ("after" in kind.places)
    return f"{name} cannot be at {place}; its places: {_list(choices)}"


def _unknown_kind(name: str) -> str:
    close = get_close_matches(name, KINDS, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {_list(KINDS)}"
    return f"unknown fault {name!r}; {hint}"


def _option(kind: Kind, name: str) -> Option:
    return next(option for option in kind.options if option.name == name)


def _option_meant(kind: Kind, given: str | None, so_far: list[tuple[str, Value]]) -> Option | None:
    """By its name; the first may be written without."""
    taken = {name for name, _ in so_far}
    if given is None:
        return kind.options[0] if kind.options and not taken else None
    return next((o for o in kind.options if o.name == given and given not in taken), None)


def _unknown_option(name: str, kind: Kind, given: str | None) -> str:
    if not kind.options:
        return f"{name} takes no options"
    names = _list(option.name for option in kind.options)
    which = f"no such option {given!r}, or has it twice" if given else "one option without a name"
    return f"{name} has {which}; it has: {names}"


def _read_value(option: Option, text: str) -> Value | None:
    value: Value | None = text
    if option.unit == "seconds":
        value = seconds(text if text.endswith("s") else f"{text}s")
    elif option.unit == "count":
        value = int(text) if text.isascii() and text.isdigit() else None
    return value if value is not None and _is_value(option, value) else None


def _is_value(option: Option, value: object) -> bool:
    match option.unit:
        case "seconds":
            return _is_duration(value)
        case "count":
            return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _LARGEST
        case "item or response":
            return isinstance(value, str) and value in {"item", "response"}
        case "text":
            return isinstance(value, str) and bool(fault_text.PLAIN_VALUE.fullmatch(value))


def _wrong_value(option: Option, text: str) -> str:
    wanted = {
        "seconds": "a time, such as 5s or 250ms",
        "count": "a number from 1",
        "text": "plain text without spaces",
    }
    return f"{option.name} is {wanted.get(option.unit, option.unit)}, not {text!r}"


def _wrong_options(name: str, kind: Kind, options: tuple[tuple[str, Value], ...]) -> str | None:
    seen: set[str] = set()
    for given, value in options:
        option = next((o for o in kind.options if o.name == given), None)
        if option is None or given in seen:
            return _unknown_option(name, kind, given)
        if not _is_value(option, value):
            return _wrong_value(option, str(value))
        seen.add(given)
    return None


def _is_duration(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == 0 or _SHORTEST_S <= value <= _LONGEST_S


def _is_range(first: object, last: object) -> bool:
    if not isinstance(first, int) or isinstance(first, bool) or not 1 <= first <= _LARGEST:
        return False
    return last is None or (
        isinstance(last, int) and not isinstance(last, bool) and first <= last <= _LARGEST
    )


def _value_text(kind: Kind, name: str, value: Value) -> str:
    if _option(kind, name).unit == "seconds":
        assert not isinstance(value, str)
        return duration_text(value)
    return str(value)


def _connections_text(connections: tuple[int, int | None] | None) -> str:
    match connections:
        case None:
            return ""
        case (1, None):
            return "#every"
        case (first, None):
            return f"#{first}-"
        case (first, last):
            return f"#{first}" if first == last else f"#{first}-{last}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names) if isinstance(names, set | frozenset) else names)
