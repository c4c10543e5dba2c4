"""The kinds of faults as rows for people: in the documentation, on a screen, in a terminal."""

from dataclasses import dataclass, replace

from workbench.simulator.fault_kinds import KINDS, STATUSES, Kind, Option
from workbench.simulator.fault_text import duration_text

__all__ = ["Row", "markdown", "rows"]


@dataclass(frozen=True, slots=True)
class Row:
    fault: str
    does: str
    options: str
    place: str  # the default one, empty where a fault takes none
    strikes: str


def rows() -> list[Row]:
    """One for each kind; the statuses, which differ by their number alone, share one."""
    listed = [_row(name, kind) for name, kind in KINDS.items() if name not in STATUSES]
    statuses = replace(
        _row("429", KINDS["429"]),
        fault=" ".join(STATUSES),
        does="answers with that status and does nothing; 502 and 504 with a gateway's page",
        options="`retry-after` (429: `1`), `retry-after-ms`; `absent` leaves a header out",
    )
    at = next(n for n, row in enumerate(listed) if row.fault == "expire")
    return [*listed[:at], statuses, *listed[at:]]


def _row(name: str, kind: Kind) -> Row:
    return Row(
        fault=name,
        does=kind.does,
        options=", ".join(_option(option) for option in kind.options),
        place=_place(kind),
        strikes=_strikes(kind),
    )


def markdown() -> str:
    """The table of the documentation."""
    lines = ["| fault | what it does | options | place | strikes |", "|---|---|---|---|---|"]
    lines += [
        f"| `{row.fault}` | {row.does} | {row.options} | {row.place} | {row.strikes} |"
        for row in rows()
    ]
    return "\n".join(lines)


def _option(option: Option) -> str:
    value = option.default
    if option.unit == "seconds" and isinstance(value, int | float):
        value = duration_text(value)
    shown = "" if value is None else f"={value}"
    return f"`{option.name}{shown}`"


def _place(kind: Kind) -> str:
    if kind.default_place is None:
        return ""
    name, at = kind.default_place
    return f"`{name}`" if name == "created" else f"`{name}:{at:g}`"


def _strikes(kind: Kind) -> str:
    requests = ", ".join(sorted(kind.on)) or "streams"
    return f"{requests}, {'every' if kind.connections[1] is None else 'the first'}"
