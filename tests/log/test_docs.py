"""The page about the log names tests, and they exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_named_in_the_docs_exists() -> None:
    page = (ROOT / "docs" / "log.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:test_|Test)\w+)`", page))
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("contracts", "crash", "log", "runner")
        for path in (ROOT / "tests" / folder).glob("*.py")
    )
    there = set(re.findall(r"^ *(?:def|class) (\w+)", code, re.MULTILINE))
    there |= set(re.findall(r"^(Test\w+) =", code, re.MULTILINE))
    assert len(named) > 40
    assert named <= there, f"the docs name tests that do not exist: {sorted(named - there)}"


def test_every_promise_of_the_interface_is_in_the_docs_with_a_test() -> None:
    base = (ROOT / "workbench" / "log" / "base.py").read_text(encoding="utf-8")
    promised = set(re.findall(r"^(\d)\. ", base, re.MULTILINE))
    page = (ROOT / "docs" / "log.md").read_text(encoding="utf-8")
    parts = re.split(r"^\*\*(\d)\. ", page, flags=re.MULTILINE)
    kept = {number for number, text in zip(parts[1::2], parts[2::2], strict=True) if "- `" in text}
    assert promised <= kept
