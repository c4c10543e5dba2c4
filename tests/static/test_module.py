"""The files of the live view are joined into the one module that both hosts take."""

import re
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from tests.support.needs import node
from workbench.static import join, module

STATIC = Path(str(files("workbench.static")))


def run_in_node(folder: Path, source: str, expression: str) -> str:
    (folder / "joined.mjs").write_text(source, encoding="utf-8")
    script = f'import("./joined.mjs").then((m) => console.log({expression}))'
    done = subprocess.run(
        [node(), "-e", script], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_the_module_imports_nothing_and_exports_its_default() -> None:
    lines = module().splitlines()
    assert not [line for line in lines if line.startswith("import ")]
    assert [line for line in lines if line.startswith("export ")] == [
        "export default $workbench.default;"
    ]


@pytest.mark.node
def test_the_default_export_serves_both_hosts(tmp_path: Path) -> None:
    kinds = "[typeof m.default, typeof m.default().render].join()"
    assert run_in_node(tmp_path, module(), kinds) == "function,function"


@pytest.mark.node
def test_names_of_one_file_are_unknown_to_another(tmp_path: Path) -> None:
    (tmp_path / "one.mjs").write_text("const secret = 1;\nexport const shown = secret + 1;\n")
    (tmp_path / "main.mjs").write_text(
        'import { shown as seen } from "./one.mjs";\nconst secret = 5;\n'
        "export default function main() {\n  return secret * seen;\n}\n"
    )
    assert run_in_node(tmp_path, join(tmp_path, "main.mjs"), "m.default()") == "10"


@pytest.mark.node
def test_a_style_sheet_imports_as_its_text(tmp_path: Path) -> None:
    (tmp_path / "look.css").write_text('a::after { content: "“$`\\2014"; }\n')
    (tmp_path / "main.mjs").write_text(
        'import LOOK from "./look.css";\nexport default function main() {\n  return LOOK;\n}\n'
    )
    shown = run_in_node(tmp_path, join(tmp_path, "main.mjs"), "m.default()")
    assert shown == 'a::after { content: "“$`\\2014"; }'


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.mjs")), ids=lambda path: path.name)
def test_nothing_makes_elements_or_code_of_text(path: Path) -> None:
    doors = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|srcdoc"
    )
    assert not re.findall(rf"{doors}|\beval\(|new Function|DOMParser", path.read_text())


def test_a_file_needed_twice_is_joined_once(tmp_path: Path) -> None:
    (tmp_path / "base.mjs").write_text("export const base = 1;\n")
    (tmp_path / "left.mjs").write_text(
        'import { base } from "./base.mjs";\nexport const left = base;\n'
    )
    (tmp_path / "main.mjs").write_text(
        'import { base } from "./base.mjs";\nimport { left } from "./left.mjs";\n'
        "export default function main() {\n  return base + left;\n}\n"
    )
    assert join(tmp_path, "main.mjs").count("const base = 1;") == 1


def test_a_circle_of_imports_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mjs").write_text('import { b } from "./b.mjs";\nexport const a = b;\n')
    (tmp_path / "b.mjs").write_text('import { a } from "./a.mjs";\nexport const b = a;\n')
    with pytest.raises(ValueError, match=r"a\.mjs > b\.mjs > a\.mjs"):
        join(tmp_path, "a.mjs")


def test_a_form_that_cannot_be_joined_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mjs").write_text('export * from "./b.mjs";\n')
    with pytest.raises(ValueError, match="cannot join"):
        join(tmp_path, "a.mjs")
