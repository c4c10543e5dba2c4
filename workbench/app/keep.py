"""What a page has measured, kept as JSON in the data folder: a link or a reload shows it again."""

import re
from pathlib import Path
from typing import Any

import orjson

from workbench.app.serving import workbench
from workbench.log.ids import new_run_id

__all__ = ["keep", "kept"]

_NAME = re.compile(r"[a-z0-9]{1,40}")


def keep(kind: str, result: dict[str, Any]) -> str:
    """Store it and return its name."""
    name = new_run_id(workbench().clock)
    folder = _folder(kind)
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / f"{name}.json").write_bytes(orjson.dumps(result))
    return name


def kept(kind: str, name: str | None) -> dict[str, Any] | None:
    """What was kept under a name; None when there is nothing."""
    if name is None or not _NAME.fullmatch(name):
        return None
    file = _folder(kind) / f"{name}.json"
    if not file.is_file():
        return None
    try:
        found: dict[str, Any] = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError:
        return None  # whoever wrote it was killed in the middle
    return found


def _folder(kind: str) -> Path:
    return workbench().settings.data / kind
