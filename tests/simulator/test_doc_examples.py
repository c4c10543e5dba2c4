"""The worked examples of the documentation, run as they stand against a simulator."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.npm import run_with_packages
from workbench.simulator.server import Simulator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")


def example(title: str, language: str) -> str:
    section = PAGE.partition(f"### {title}\n")[2]
    return section.partition(f"```{language}\n")[2].partition("```")[0]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


def test_the_python_example_ends_with_the_whole_text(simulator: Simulator) -> None:
    code = example("Python", "python").replace("http://127.0.0.1:8080/v1", simulator.base_url)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/simulator.md", "exec"), names)
    assert names["status"] == "completed"
    assert names["text"] == names["client"].responses.retrieve(names["id_"]).output_text
    names["client"].close()


@pytest.mark.node
def test_the_javascript_example_ends_with_the_whole_text(
    simulator: Simulator, tmp_path: Path
) -> None:
    code = example("JavaScript", "js").replace("http://127.0.0.1:8080/v1", simulator.base_url)
    code += """
const final = await client.responses.retrieve(run.id);
console.log(run.text === final.output_text ? "the same text" : "another text");
"""
    script = tmp_path / "example.mjs"
    script.write_text(code)
    (tmp_path / "package.json").write_bytes((ROOT / "tests/node/package.json").read_bytes())
    printed = run_with_packages(script)
    assert re.search(r"interrupted after 39", printed)
    assert "the same text" in printed
