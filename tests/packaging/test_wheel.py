"""What is installed works without the checkout: scenarios, dashboard, live view, commands."""

import os
import re
import site
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import httpx
import pytest

from tests.support.command import Shell
from tests.support.pages import ROOT
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment that has the built wheel, and our dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = folder.glob("*.whl")
    home = folder / "environment"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    (packages,) = home.glob("lib/*/site-packages")
    # pip of this environment installs into that one.
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps",
         "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    (packages / "dependencies.pth").write_text("\n".join(_dependencies()))
    return python


def _dependencies() -> list[str]:
    """Where our dependencies lie; never the checkout."""
    known = [*site.getsitepackages(), sysconfig.get_path("purelib"), *sys.path]
    return sorted({path for path in known if "-packages" in path and Path(path).is_dir()})


@pytest.fixture
def shell(tmp_path: Path, installed: Path) -> Shell:
    """A prompt in an empty folder, where the installed `workbench` is meant."""

    class Installed(Shell):
        def command(self, *arguments: object) -> list[str]:
            return [str(installed.with_name("workbench")), *map(str, arguments)]

    made = Installed(tmp_path)
    del made.environment["PYTHONPATH"]
    return made


def test_the_installed_package_is_the_one_that_is_used(shell: Shell, installed: Path) -> None:
    code = "import workbench; print(workbench.__file__)"
    found = subprocess.run(
        [str(installed), "-P", "-c", code], env=shell.environment, capture_output=True, text=True
    ).stdout
    assert str(installed.parents[1]) in found


def test_every_file_that_is_not_python_travels_along(installed: Path) -> None:
    (package,) = installed.parents[1].glob("lib/*/site-packages/workbench")

    for kind in ("*.mjs", "*.css", "py.typed"):
        for path in (ROOT / "workbench").rglob(kind):
            assert (package / path.relative_to(ROOT / "workbench")).is_file()
    scenarios = {path.name for path in (ROOT / "data" / "scenarios").glob("*.yaml")}
    assert {path.name for path in (package / "share" / "scenarios").iterdir()} == scenarios
    config = package / "share" / ".streamlit" / "config.toml"
    assert config.read_bytes() == (ROOT / ".streamlit" / "config.toml").read_bytes()


def test_the_installed_command_runs_a_scenario(shell: Shell) -> None:
    done = shell.json("run", "Say it", "--scenario", "short", "--fault", "cut@event:20")

    assert done["seams"]["holds"] is True


def test_the_installed_dashboard_opens_in_an_empty_folder(shell: Shell) -> None:
    with shell.running("app", "--no-browser", "--port", "0") as process:
        assert process.stdout is not None
        url = ""
        for line in process.stdout:
            if found := re.search(r"URL: (http://127\.0\.0\.1:\d+)", line):
                url = found[1]
                break
        assert url
        wait_until(lambda: _answers(f"{url}/api/runs"), "the dashboard answers")
        assert "Streamlit" in httpx.get(f"{url}/").text
        process.terminate()
        process.wait(15)
    assert os.listdir(shell.folder) == ["data"]  # noqa: PTH208 - names are enough


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
