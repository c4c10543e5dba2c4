"""Processes of ours that a command starts."""

import os
import sys
from pathlib import Path
from typing import Final

__all__ = ["PACKAGE", "environment", "module"]

PACKAGE: Final = Path(__file__).parents[1]


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module in this very Python; no file of the current folder, however
    it is called, gets in its way."""
    return [sys.executable, "-P", "-m", name, *arguments]


def environment() -> dict[str, str]:
    """Ours; a checkout that is not installed is found by its path."""
    found = dict(os.environ)
    if PACKAGE.parent.name not in {"site-packages", "dist-packages"}:
        paths = [str(PACKAGE.parent), found.get("PYTHONPATH", "")]
        found["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return found
