"""The Python of docs/api.md runs as it stands there, top to bottom."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_examples_run_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_SIMULATOR_SPEED", "100")
    page = PAGE.read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "example"}

    for block in BLOCK.finditer(page):
        # Line numbers of a failure are those of the page.
        before = page.count("\n", 0, block.start(1))
        exec(compile("\n" * before + block.group(1), str(PAGE), "exec"), names)

    assert "workbench.run.completed" in capsys.readouterr().out
