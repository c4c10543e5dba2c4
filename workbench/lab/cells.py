"""The matrix of the resume lab: which cells there are, and what each must come to."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal, get_args

from workbench.errors import InvalidSetting
from workbench.events import TRANSPORTS, Transport
from workbench.simulator.faults import Fault, parse
from workbench.simulator.scenario import load_all

__all__ = [
    "FAULTS",
    "READINGS",
    "Cell",
    "Promise",
    "Reading",
    "asked_of",
    "check_names",
    "default_cells",
    "matrix",
    "promise",
]

# How the run is read while it goes on.
Reading = Literal["fresh", "refresh", "offline", "two-tabs"]
READINGS: Final[tuple[Reading, ...]] = get_args(Reading)

# `whole`: the run ends as the provider's response does, with its text. `ended`: it ends in a
# terminal state within the bound, and what it holds is a true beginning of the text.
Promise = Literal["whole", "ended"]

# One of every kind, at places where each has broken some client.
FAULTS: Final = (
    "none",
    # the connection breaks
    "cut@event:10",
    "cut@event:3#1-4",
    "cut@frame:12",
    "cut@byte:2500",
    "cut@last",
    "cut@created",
    "cut@headers",
    "reset@event:12",
    "truncate@event:9",
    "end@event:15",
    "end@last",
    "stall@event:10",
    "offline(300ms)@event:10",
    "forget@event:10",
    # the provider cannot continue as asked
    "cut@event:10;expire",
    "cut@event:10;gone@resume",
    "cut@event:10;gone@resume;gone@poll",
    "cut@event:10;repeat",
    "cut@event:10;503@resume#1-2",
    "cut@event:10;429@resume",
    # something else comes in between
    "ping@event:5",
    "retry@event:5",
    "comments@event:5",
    "keepalive@event:5",
    "unknown@event:5",
    "duplicate@event:8",
    "reorder@event:8",
    "gap@event:9",
    "garble@event:9",
    "invalid-utf8@event:9",
    "fields",
    "unnumbered",
    "rotate",
    # the same bytes in another shape
    "ids",
    "crlf",
    "cr",
    "bom",
    "unframed",
    "split",
    "buffer(100ms)",
    "trickle",
    # the answer is another one
    "429@create",
    "503(retry-after=0.2)@create",
    "503@create",
    "500@create",
    "401@create",
    "html@create",
    "error@event:12",
    "failed@event:12",
)

_SCENARIOS: Final = ("short", "unicode", "tools")
# Places that only some scenarios have.
_ONLY_IN: Final = {"unicode": ("cut@character:1", "cut@character:40#1-3")}
_SUMMARIES: Final = "planner"  # long enough to be reloaded after four summaries

# A connection that breaks before the response has an id leaves nothing to resume.
_BEFORE_ID: Final = frozenset({"request", "headers", "created"})
_SHIFTING: Final = frozenset({"keepalive", "unknown"})
_ALTERING: Final = frozenset(
    {"fields", "unnumbered", "rotate", "garble", "invalid-utf8", "reorder", "gap"} | _SHIFTING
)
# Refused without having been accepted; any other error may hide a generation that was paid for.
_REFUSED: Final = frozenset({"503", "529"})
_PASSING: Final = frozenset({"408", "429", "500", "502", "503", "504", "529"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One experiment."""

    scenario: str
    faults: str = "none"
    transport: Transport = "background"
    reading: Reading = "fresh"

    def to_dict(self) -> dict[str, str]:
        return asdict(self)

    @property
    def name(self) -> str:
        parts = [self.scenario, self.faults, self.transport]
        return " × ".join([*parts, self.reading] if self.reading != "fresh" else parts)

    @property
    def fault_text(self) -> str | None:
        """What a run takes as its faults."""
        return None if self.faults == "none" else self.faults

    def parsed(self) -> tuple[Fault, ...]:
        return parse(self.fault_text) if self.fault_text else ()

    @property
    def alters_events(self) -> bool:
        """Whether the provider itself sends other events than it generated."""
        return any(fault.kind in _ALTERING for fault in self.parsed())

    def command(self, *, seed: int, speed: float) -> str:
        """What a person types to see this cell again."""
        words = ["workbench", "lab", "--scenario", self.scenario, "--fault", self.faults,
                 "--transport", self.transport, "--reading", self.reading,
                 "--seed", str(seed), "--speed", f"{speed:g}"]  # fmt: skip
        return shlex.join(words)


def promise(cell: Cell) -> Promise:
    """What this project promises of a run under these faults over this transport."""
    kept = all(_survives(fault, cell.transport) for fault in cell.parsed())
    return "whole" if kept else "ended"


def _survives(fault: Fault, transport: Transport) -> bool:
    kind, family = fault.kind, fault.does.family
    place = fault.where()
    streamed = transport in {"stream", "background"}
    if family == "break":
        if kind == "forget":
            return False
        if not streamed:
            return place is None or place.name not in {"request", "headers"}
        return transport == "background" and (place is None or place.name not in _BEFORE_ID)
    if family == "answer":
        return all(_answered(fault, asked) for asked in asked_of(fault))
    return kind not in {"error", "failed"}


def _answered(fault: Fault, asked: str) -> bool:
    """Whether a wrong answer to this kind of request can be got over."""
    match asked:
        case "resume":
            return True  # the ladder goes on to polling
        case "create":
            later = fault.kind in _REFUSED and fault.option("retry-after") != "absent"
            return fault.kind == "429" or later
        case "poll":
            return fault.kind in _PASSING
        case _:
            return True


def asked_of(fault: Fault) -> frozenset[str]:
    """The kinds of requests that a fault waits for; empty: any answer that streams."""
    return frozenset({fault.on}) if fault.on else fault.does.on


def applies(faults: str, transport: Transport) -> bool:
    """Whether faults can be met at all: most befall streams, and `sync` and `poll` have none."""
    if transport in {"stream", "background"} or faults == "none":
        return True
    return all(asked_of(fault) == {"create"} for fault in parse(faults))


def matrix(
    scenarios: Sequence[str],
    faults: Sequence[str],
    transports: Sequence[Transport],
    readings: Sequence[Reading] = ("fresh",),
    *,
    offline_s: float = 5.0,
) -> list[Cell]:
    """Every combination that can be met; a wrong name is refused before anything runs."""
    known = load_all()
    check_names("scenario", scenarios, known)
    check_names("transport", transports, TRANSPORTS)
    check_names("reading", readings, READINGS)
    for text in faults:
        if text != "none":
            parse(text)
    cells = [
        Cell(scenario=scenario, faults=each, transport=transport, reading=reading)
        for scenario in scenarios
        for each in faults
        for transport in transports
        for reading in readings
        if applies(each, transport)
    ]
    return [_reading(cell, offline_s) for cell in cells]


def _reading(cell: Cell, offline_s: float) -> Cell:
    """Somebody who is offline needs a connection that is gone."""
    if cell.reading != "offline" or cell.faults != "none":
        return cell
    third = load_all()[cell.scenario].expected_events // 3
    return replace(cell, faults=f"offline({offline_s:g}s)@event:{third}")


def default_cells(offline_s: float = 5.0) -> list[Cell]:
    """The four readings of one long run, then every fault over every transport."""
    read = matrix([_SUMMARIES], ["none"], ["background"], READINGS, offline_s=offline_s)
    special = [
        cell
        for scenario, faults in _ONLY_IN.items()
        for cell in matrix([scenario], faults, TRANSPORTS)
    ]
    return read + matrix(_SCENARIOS, FAULTS, TRANSPORTS) + special


def check_names(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a name that nobody knows, and say which there are."""
    known = list(known)
    for name in given:
        if name not in known:
            raise InvalidSetting(f"{name!r} is no {what}; there are {', '.join(known)}")
