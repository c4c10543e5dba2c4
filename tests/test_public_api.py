"""What `import workbench` offers: sorted, complete, and cheap."""

import ast
from pathlib import Path

import pytest

import workbench
from tests.support.processes import python

HEAVY = ("anywidget", "ipywidgets", "numpy", "openai", "pandas", "pyarrow", "streamlit")

LOADED = "import sys; {}; print(*sorted(m for m in sys.modules if '.' not in m))"


def test_the_public_names_are_sorted_and_all_there() -> None:
    assert workbench.__all__ == sorted(workbench.__all__)
    for name in workbench.__all__:
        assert getattr(workbench, name).__name__ == name


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(workbench.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == set(workbench.__all__)


def test_every_module_that_lists_public_names_has_them() -> None:
    for path in sorted(Path(workbench.__file__).parent.rglob("*.py")):
        names = _all_of(path)
        defined = _defined_in(path)
        assert names <= defined, f"{path}: __all__ lists {sorted(names - defined)}"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'nonesuch'"):
        _ = workbench.nonesuch


def test_there_is_a_version() -> None:
    assert "__version__" in dir(workbench)


@pytest.mark.parametrize(
    "code",
    [
        "from workbench import Workbench, Run, Settings, Simulator",
        "import workbench.cli.commands",
        "import tempfile; from workbench import Workbench; Workbench(tempfile.mkdtemp()).close()",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    assert set(HEAVY).isdisjoint(python(LOADED.format(code)).split())


def test_help_needs_no_service() -> None:
    assert "pydantic" not in python(LOADED.format("import workbench.cli.commands")).split()


def _all_of(path: Path) -> set[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def _defined_in(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                found.add(node.name)
            case ast.Import() | ast.ImportFrom():
                found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            case ast.Assign():
                found |= {ast.unparse(target) for target in node.targets}
            case ast.AnnAssign():
                found.add(ast.unparse(node.target))
    return found
