"""docs/failures.md and the tests of this folder are about the same failures."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "failures.md").read_text(encoding="utf-8")
NUMBERS = list(range(1, 47))


def _tests() -> set[str]:
    code = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
    return set(re.findall(r"^(?:async )?def (test_\d\d_\w+)", code, re.MULTILINE))


def _named() -> dict[int, list[str]]:
    parts = re.split(r"^\*\*(\d+)\. ", PAGE, flags=re.MULTILINE)
    return {
        int(number): re.findall(r"^- `(test_\w+)`$", text, re.MULTILINE)
        for number, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_every_failure_has_its_number_and_a_test_of_that_number() -> None:
    named = _named()
    assert list(named) == NUMBERS
    for number, tests in named.items():
        assert tests, f"failure {number} names no test"
        assert all(test.startswith(f"test_{number:02}_") for test in tests), tests


def test_every_named_test_exists_and_every_test_is_named() -> None:
    named = {test for tests in _named().values() for test in tests}
    assert named == _tests()


def test_the_tests_of_what_befalls_the_workbench_itself_exist() -> None:
    ours = set(re.findall(r"`(test_\w+)`", PAGE.partition("## Ours")[2]))
    code = "\n".join(path.read_text(encoding="utf-8") for path in HERE.parent.rglob("test_*.py"))
    there = set(re.findall(r"^ *(?:async )?def (test_\w+)", code, re.MULTILINE))
    assert ours
    assert ours <= there, sorted(ours - there)
