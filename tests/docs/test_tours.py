"""What the README and docs/cli.md show is what happens."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import Shell
from tests.support.pages import ROOT, blocks

# A block in `sh` installs or serves: .ci/run and the dashboard's tests do what these say.
INTERPRETERS = {"bash": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-P", "-c"]}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A prompt where `workbench` is a command."""
    made = Shell(tmp_path, WORKBENCH_SIMULATOR_SPEED="0")
    programs = tmp_path / "bin"
    programs.mkdir()
    command = programs / "workbench"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m workbench "$@"\n')
    command.chmod(0o755)
    made.environment["PATH"] = f"{programs}:{made.environment['PATH']}"
    return made


@pytest.mark.slow
@pytest.mark.parametrize("document", ["README.md", "docs/cli.md"])
def test_every_block_of_a_tour_runs(shell: Shell, document: str) -> None:
    ran = blocks(document, *INTERPRETERS)
    for language, code in ran:
        done = subprocess.run(
            [*INTERPRETERS[language], code],
            cwd=shell.folder,
            env=shell.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{code}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert len(ran) >= 5


def test_the_two_commands_of_the_readme_name_what_is_there() -> None:
    start, test = (code for _, code in blocks("README.md", "sh"))

    assert start.strip() == "pip install -e . && streamlit run streamlit_app.py"
    assert test.strip() == "pip install -e '.[test]' && pytest"
    assert (ROOT / "streamlit_app.py").is_file()


def test_links_between_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)#]+)[^)]*\)", text):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_verb_and_option_is_documented() -> None:
    import typer.main

    from workbench.cli.commands import app

    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]  # it is a group
        if command.hidden:
            continue
        assert f"workbench {name}" in page
        for option in (opt for param in command.params for opt in param.opts if opt[:2] == "--"):
            assert f"`{option}" in page or f" {option}" in page, f"{name} {option}"
