"""The resume lab as plain data for a grid: a row per fault, a column per scenario and transport."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["grid", "place", "text"]

_SIGN: Final = {"pass": "✓", "fail": "✗", "unknown": "?", "pending": "…", "skip": "·"}


def grid(
    planned: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """`rows` and `columns` are names, `cells` say where they stand and what came of them.

    What is planned and has no result yet is pending; a fault that cannot be met is a skip.
    """
    rows = list(dict.fromkeys(_row(cell) for cell in planned))
    columns = list(dict.fromkeys(_column(cell) for cell in planned))
    known = {place(cell): {"verdict": "pending"} for cell in planned}
    known |= {place(result): _cell(result) for result in results}
    return {
        "rows": rows,
        "columns": columns,
        "cells": [
            {"row": r, "column": c, **known.get((row, column), {"verdict": "skip"})}
            for r, row in enumerate(rows)
            for c, column in enumerate(columns)
        ],
    }


def text(drawn: Mapping[str, Any]) -> str:
    """The grid in signs, one row a line; columns are numbered, and named below."""
    rows, columns = drawn["rows"], drawn["columns"]
    margin = max([len(name) for name in rows], default=0) + 2
    signs = [["?"] * len(columns) for _ in rows]
    for cell in drawn["cells"]:
        signs[cell["row"]][cell["column"]] = _SIGN[cell["verdict"]]
    lines = [f"{'':{margin}}" + "".join(f"{i:>3}" for i in range(1, len(columns) + 1))]
    for name, row in zip(rows, signs, strict=True):
        lines.append(f"{name:{margin}}" + "".join(f"{sign:>3}" for sign in row))
    legend = ", ".join(f"{i} {name}" for i, name in enumerate(columns, start=1))
    return "\n".join([*lines, "", legend])


def place(cell: Mapping[str, Any]) -> tuple[str, str]:
    """The names of the row and the column where a cell stands."""
    return _row(cell), _column(cell)


def _row(cell: Mapping[str, Any]) -> str:
    faults: str = cell["faults"]
    return faults if cell["reading"] == "fresh" else f"{cell['reading']}: {faults}"


def _column(cell: Mapping[str, Any]) -> str:
    return f"{cell['scenario']} / {cell['transport']}"


def _cell(result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "verdict": result["verdict"],
        "run": result["run"],
        "status": result["status"],
        "seconds": result["seconds"],
        "sentence": "; ".join(result["reasons"]),
        "command": result["command"],
    }
