"""What the documentation says of faults is what the code does."""

import re
from pathlib import Path

from workbench.simulator.fault_kinds import PLACES
from workbench.simulator.fault_table import markdown
from workbench.simulator.faults import parse

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


def test_the_page_has_the_table_of_kinds() -> None:
    assert markdown() in PAGE, f"docs/simulator.md needs this table:\n{markdown()}"


def test_the_page_explains_every_place() -> None:
    for place, meaning in PLACES.items():
        assert f"`{place.split(', ')[0]}" in PAGE
        assert meaning in PAGE


def test_every_fault_that_the_page_writes_can_be_read() -> None:
    quoted = re.findall(r'fault(?:s|")[=:] ?"([^"]+)"', PAGE)
    block = PAGE.partition("```text\n")[2].partition("```")[0]
    listed = [re.split(r"\s{2,}", line)[0] for line in block.splitlines()]
    assert len(quoted) >= 4
    assert len(listed) == 6
    for text in [*quoted, *listed]:
        assert parse(re.sub(r"^(\w+) (\w+)$", r"\1(\2)", text.replace("…", "") or "cut"))
