"""The catalogue of failures is complete, and the tests it names exist."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "failures.md").read_text(encoding="utf-8")


def test_every_test_named_in_the_catalogue_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    there: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        there |= set(re.findall(r"^ *def (test_\w+)", path.read_text("utf-8"), re.MULTILINE))

    assert named <= there, sorted(named - there)


def test_every_failure_has_its_row_and_a_test() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \|.*`test_", PAGE, re.MULTILINE)
    numbers = [int(number) for row in rows for number in row.split(",")]

    assert numbers == list(range(1, 47))
