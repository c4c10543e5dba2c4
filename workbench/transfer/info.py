"""RunInfo as JSON and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from workbench.events import RunInfo, RunRequest

__all__ = ["info_from_dict", "info_to_dict"]


def info_to_dict(info: RunInfo) -> dict[str, Any]:
    return {**asdict(info), "request": info.request.to_dict()}


def info_from_dict(data: Mapping[str, Any]) -> RunInfo:
    """Fields of a newer version are left out rather than refused."""
    known = {name: data[name] for name in RunInfo.__dataclass_fields__ if name in data}
    return RunInfo(**{**known, "request": RunRequest.from_dict(data["request"])})
