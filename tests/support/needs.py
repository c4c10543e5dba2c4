"""What some tests need of a machine: missing, they skip and say why; on CI they fail."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

__all__ = ["chromium", "lacking", "node", "on_ci", "recordings", "recordings_folder"]

ROOT = Path(__file__).parents[2]


def on_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def lacking(what: str) -> NoReturn:
    if on_ci():
        pytest.fail(f"CI must have {what}", pytrace=False)
    pytest.skip(f"needs {what}")


def chromium() -> str:
    """The path of a Chromium or Chrome."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    lacking("Chromium")


def node() -> str:
    """The path of Node.js."""
    return shutil.which("node") or lacking("Node.js")


def recordings_folder() -> Path:
    """Where recorded provider streams lie if there are any: beside the project."""
    return Path(os.environ.get("WORKBENCH_RECORDINGS", ROOT.parent / "shared" / "recordings"))


def recordings() -> Path:
    """The folder of recorded provider streams."""
    folder = recordings_folder()
    return folder if (folder / "INDEX.tsv").is_file() else lacking("recorded streams")
