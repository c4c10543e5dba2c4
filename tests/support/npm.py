"""Node packages for a test: installed once into a folder of their own, outside the project."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.needs import lacking, node

__all__ = ["packages", "run_with_packages"]


def run_with_packages(script: Path, *arguments: str) -> str:
    """What a script prints, run beside the packages that its folder's package.json names."""
    node_path, folder = node(), packages(script.parent / "package.json")
    copy = folder / f"{script.stem}.{os.getpid()}{script.suffix}"
    shutil.copy(script, copy)
    try:
        done = subprocess.run(
            [node_path, copy, *arguments], capture_output=True, text=True, timeout=90, check=False
        )
    finally:
        copy.unlink()
    assert done.returncode == 0, done.stderr
    return done.stdout


def packages(package: Path) -> Path:
    """The folder where the packages of a package.json are installed, in node_modules."""
    name = hashlib.sha256(package.read_bytes()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"workbench-npm-{name}"
    if folder.is_dir():
        return folder
    npm = shutil.which("npm") or lacking("npm")
    # Whoever is first moves a finished folder into place; others throw theirs away.
    with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
        shutil.copy(package, fresh)
        command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run(
            command, cwd=fresh, capture_output=True, text=True, timeout=100, check=False
        )
        if done.returncode != 0:
            lacking(f"npm install to work: {done.stderr.strip()[-200:]}")
        built = Path(fresh) / "built"
        built.mkdir()
        for each in ("package.json", "node_modules"):
            (Path(fresh) / each).rename(built / each)
        try:
            built.rename(folder)
        except OSError:
            assert folder.is_dir()
    return folder
