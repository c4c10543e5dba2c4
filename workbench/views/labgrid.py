"""The resume lab as plain data for a grid: a row per fault, a column per scenario and transport."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["grid", "text"]

_SIGN: Final = {"pass": "✓", "fail": "✗", "unknown": "?"}


def grid(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows, columns and their cells; a cell is null where a fault cannot be met."""
    columns = list(dict.fromkeys((r["scenario"], r["transport"]) for r in results))
    rows = list(dict.fromkeys((r["faults"], r["reading"]) for r in results))
    found = {
        (r["faults"], r["reading"], r["scenario"], r["transport"]): {
            "verdict": r["verdict"],
            "status": r["status"],
            "run": r["run"],
            "seconds": r["seconds"],
            "reasons": r["reasons"],
            "command": r["command"],
        }
        for r in results
    }
    return {
        "columns": [
            {"scenario": scenario, "transport": transport} for scenario, transport in columns
        ],
        "rows": [
            {
                "faults": faults,
                "reading": reading,
                "cells": [found.get((faults, reading, *column)) for column in columns],
            }
            for faults, reading in rows
        ],
    }


def text(drawn: Mapping[str, Any]) -> str:
    """The grid in signs, one row a line; columns are numbered and named below."""
    names = [_row_name(row) for row in drawn["rows"]]
    margin = max([len(name) for name in names], default=0) + 2
    heads = "".join(f"{i:>3}" for i in range(1, len(drawn["columns"]) + 1))
    lines = [f"{'':{margin}}{heads}"]
    for name, row in zip(names, drawn["rows"], strict=True):
        signs = "".join(f"{_SIGN[cell['verdict']] if cell else '·':>3}" for cell in row["cells"])
        lines.append(f"{name:{margin}}{signs}")
    legend = [
        f"{i} {column['scenario']}/{column['transport']}"
        for i, column in enumerate(drawn["columns"], start=1)
    ]
    return "\n".join([*lines, "", ", ".join(legend)])


def _row_name(row: Mapping[str, Any]) -> str:
    return row["faults"] if row["reading"] == "fresh" else f"{row['reading']}: {row['faults']}"
