"""The pure parts of the live view, tested in their own language."""

import subprocess
from pathlib import Path

import pytest

from tests.support.needs import node

SUITES = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.mark.node
@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_the_module_keeps_its_word(suite: Path) -> None:
    done = subprocess.run(
        [node(), "--test", "--test-reporter=tap", str(suite)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout
