"""The notebooks as files: written for reading, and without the outputs of anybody's machine.

They are executed, top to bottom, by the test run itself, which collects them as tests.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LONGEST = 24


def cells(path: Path, kind: str | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if kind in {None, cell["cell_type"]}]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_there_are_six_in_order() -> None:
    assert [path.name[:3] for path in NOTEBOOKS] == [f"0{n}_" for n in range(1, 7)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_it_holds_no_outputs_and_no_counts(self, path: Path) -> None:
        for cell in cells(path, "code"):
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
        assert set(json.loads(path.read_text(encoding="utf-8"))["metadata"]) == {
            "kernelspec",
            "language_info",
        }

    def test_it_begins_with_a_title_and_its_one_purpose(self, path: Path) -> None:
        title, purpose = source(cells(path)[0]).split("\n\n")
        assert title.startswith("# ")
        assert purpose.startswith("> ")

    def test_its_cells_are_short_and_a_sentence_stands_before_each(self, path: Path) -> None:
        every = cells(path)
        for before, cell in pairwise(every):
            if cell["cell_type"] == "code":
                assert before["cell_type"] == "markdown", source(cell)
                assert len(source(cell).splitlines()) <= LONGEST

    def test_its_claims_are_asserted(self, path: Path) -> None:
        assert sum("assert " in source(cell) for cell in cells(path, "code")) >= 3

    def test_it_works_in_a_temporary_folder(self, path: Path) -> None:
        code = [source(cell) for cell in cells(path, "code")]
        assert any("tempfile.mkdtemp()" in text for text in code)

    def test_its_widgets_can_still_ask_when_all_was_executed(self, path: Path) -> None:
        # A page shows what lies below only when somebody scrolls there.
        code = "\n".join(source(cell) for cell in cells(path, "code"))
        assert code.rindex("wb = Workbench(") > code.rfind("wb.close()")
