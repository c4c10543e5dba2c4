"""The shape of the package is itself under test: direction, purity and size."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "workbench"
MODULES = sorted(PACKAGE.rglob("*.py"))
READ = [
    path
    for folder in (PACKAGE, ROOT / "tests")
    for kind in ("*.py", "*.mjs", "*.css")
    for path in sorted(folder.rglob(kind))
]

# Lowest first. A module may import from its own layer or any layer below it.
LAYERS = [
    {"errors", "clock"},
    {"events"},
    {"state", "settings"},
    {"wire"},
    {"log", "providers", "simulator", "metrics", "views", "static", "transfer"},
    {"runner", "lab"},
    {"gateway"},
    {"service"},
    {"app", "widgets", "cli", "bench"},
    {"__main__", "__init__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
# Siblings that must not know each other.
STRANGERS = [
    {"log", "providers", "simulator", "metrics", "views", "transfer"},
    {"runner", "lab"},
    {"app", "widgets"},
]
# Third-party packages, and the only layer that may import each.
ONLY_IN = {
    "streamlit": {"app"},
    "anywidget": {"widgets"},
    "ipywidgets": {"widgets"},
    "diskcache": {"log", "bench"},
    "openai": {"providers", "bench"},
    "typer": {"cli"},
    "rich": {"cli"},
}
PURE = {"errors", "events", "state", "wire", "metrics", "views", "transfer"}
IMPURE = {
    "aiohttp", "anyio", "asyncio", "httpx", "multiprocessing", "os", "random", "socket",
    "subprocess", "threading", "time",
}  # fmt: skip


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            base = node.module or ""
            found |= (
                {f"{base}.{alias.name}" for alias in node.names} if base == "workbench" else {base}
            )
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    here = layer_of(path)
    for name in imports_of(path):
        root, _, rest = name.partition(".")
        if root != "workbench" or not rest:
            assert here in ONLY_IN.get(root, {here}), f"{here} may not import {root}"
            assert not (here in PURE and root in IMPURE), f"{here} is pure but imports {root}"
            continue
        there = rest.partition(".")[0]
        if there not in RANK:
            assert here == "cli" or RANK[here] >= RANK["app"], (
                f"{here} imports {name}, a name of no layer"
            )
            continue
        assert RANK[there] <= RANK[here], f"{here} imports upward: {there}"
        strangers = any({here, there} <= group for group in STRANGERS)
        assert here == there or not strangers, f"{here} and {there} are strangers"


@pytest.mark.parametrize("path", READ, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_readable(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400


def test_every_module_belongs_to_a_layer() -> None:
    assert {layer_of(path) for path in MODULES} <= set(RANK)
