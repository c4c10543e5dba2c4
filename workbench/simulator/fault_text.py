"""The grammar of faults, without their meaning: text in, parts with their positions out.

faults      = fault *( (";" / ",") fault )
fault       = kind [ "(" option *( "," option ) ")" ] *( "@" where ) [ "#" connections ]
option      = [ name "=" ] value
where       = request kind / place [ ":" number ] / duration
connections = number / number "-" [ number ] / "every"
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from workbench.errors import InvalidFault

__all__ = ["PLAIN_VALUE", "Part", "Spelled", "complain", "duration_text", "read", "seconds"]

_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_WHERE = re.compile(r"[A-Za-z0-9.:_-]+")
_OPTION = re.compile(r"(?:([A-Za-z][A-Za-z0-9-]*)\s*=\s*)?([^\s,();@#=]+)\s*(?=[,)])")
PLAIN_VALUE = re.compile(r"(?:(?![,();@#=])[!-~])+")  # what can stand in a header
_RANGE = re.compile(r"every|([1-9]\d{0,8})(?:(-)([1-9]\d{0,8})?)?")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,25})?)(ms|s)")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the text and what it says."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Spelled:
    """One fault as it was written."""

    kind: Part
    options: tuple[tuple[str | None, Part], ...]
    where: tuple[Part, ...]
    connections: tuple[int, int | None] | None
    random: Part | None = None


def complain(message: str, text: str, start: int, length: int = 1) -> NoReturn:
    """The error that shows where."""
    line_start = text.rfind("\n", 0, start) + 1
    line = text[line_start:].partition("\n")[0]
    caret = " " * (start - line_start) + "^" * max(1, length)
    raise InvalidFault(f"{message}\n  {line}\n  {caret}")


def read(text: str) -> list[Spelled]:
    """The faults of a text, in order; an empty text has none."""
    found: list[Spelled] = []
    at = _skip(text, 0)
    while at < len(text):
        spelled, at = _fault(text, at)
        found.append(spelled)
        at = _skip(text, at)
        if at < len(text):
            if text[at] not in ";,":
                complain("expected ';' between two faults", text, at)
            at = _skip(text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _fault(text: str, at: int) -> tuple[Spelled, int]:
    word = _WORD.match(text, at)
    if word is None:
        complain("expected the name of a fault", text, at)
    kind, at = Part(word[0], at), word.end()
    if word[0] == "random":
        seed = re.compile(r":([0-9:]+)").match(text, at)
        if seed is None:
            complain("random needs a seed, such as random:42", text, kind.start, len("random"))
        return Spelled(kind, (), (), None, Part(seed[1], at + 1)), seed.end()
    options, at = _options(text, at)
    where = []
    while text[at : at + 1] == "@":
        place = _WHERE.match(text, at + 1)
        if place is None:
            complain("expected a place after '@', such as event:40, 3s or create", text, at)
        where.append(Part(place[0], at + 1))
        at = place.end()
    connections = None
    if text[at : at + 1] == "#":
        connections, at = _connections(text, at + 1)
    return Spelled(kind, options, tuple(where), connections), at


def _options(text: str, at: int) -> tuple[tuple[tuple[str | None, Part], ...], int]:
    if text[at : at + 1] != "(":
        return (), at
    options: list[tuple[str | None, Part]] = []
    while text[at] in "(,":
        at = _skip(text, at + 1)
        option = _OPTION.match(text, at)
        if option is None:
            complain("expected an option, such as 5s or retry-after=2, and then ')'", text, at)
        options.append((option[1], Part(option[2], option.start(2))))
        at = option.end()
    return tuple(options), at + 1


def _connections(text: str, at: int) -> tuple[tuple[int, int | None], int]:
    match = _RANGE.match(text, at)
    if match is None:
        complain("expected connections after '#': 2, 1-3, 2- or every", text, at)
    if match[0] == "every":
        return (1, None), match.end()
    first = int(match[1])
    last = first if match[2] is None else None if match[3] is None else int(match[3])
    if last is not None and last < first:
        complain("these connections end before they begin", text, at, len(match[0]))
    return (first, last), match.end()


def seconds(text: str) -> float | None:
    """A duration such as 3s or 250ms, else None."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    return float(Decimal(match[1]) / (1000 if match[2] == "ms" else 1))


def duration_text(value: float) -> str:
    """The shortest spelling that `seconds` reads back as the same number."""
    exact = Decimal(repr(value)).normalize()
    if exact and exact < 1 and (exact * 1000) % 1 == 0:
        return f"{exact * 1000:.0f}ms"
    return f"{exact:f}s"
