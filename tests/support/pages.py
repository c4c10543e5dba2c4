"""Blocks of the documentation, to be run."""

import re
from pathlib import Path

__all__ = ["ROOT", "blocks"]

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, *languages: str) -> list[tuple[str, str]]:
    """(language, code) of every fenced block in one of the languages, in order."""
    found = _BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))
    return [(language, code) for language, code in found if language in languages]
