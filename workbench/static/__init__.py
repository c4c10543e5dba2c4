"""The shared live view: the ES modules of this folder, joined at load time into one.

Streamlit components and anywidget each take the text of a single module and import it from a
blob, where relative imports lead nowhere. So the files stay separate for reading and testing,
and are joined here: each becomes a function with its own scope, in the order of its imports.
"""

import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ["digest", "join", "loader", "module"]

_IMPORT = re.compile(
    r"""^import\s+(?P<names>\{[^}]*\}|\w+)\s+from\s+"\./(?P<file>[\w.-]+)";[ \t]*\n""",
    re.MULTILINE,
)
_EXPORT = re.compile(
    r"^export\s+(?:(?P<default>default)\s+)?(?=(?:async\s+)?(?:function\*?|class|const|let)\s+(?P<name>\w+))",
    re.MULTILINE,
)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


@cache
def module() -> str:
    """The live view as one ES module without imports; its default export serves both hosts."""
    return join(files(__name__), "workbench.mjs")


@cache
def digest() -> str:
    """What tells one text of the module from another."""
    return hashlib.sha256(module().encode()).hexdigest()[:16]


def loader() -> str:
    """A small module that gets the real one by a message, for widgets whose code is saved."""
    return files(__name__).joinpath("loader.mjs").read_text(encoding="utf-8")


def join(folder: Traversable, entry: str) -> str:
    """An entry module and all it imports from its folder; a style sheet imports as its text."""
    parts: list[str] = []
    exports: dict[str, list[str]] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise ValueError(f"modules import each other in a circle: {' > '.join((*path, name))}")
        if name in exports:
            return
        text = folder.joinpath(name).read_text(encoding="utf-8")
        if name.endswith(".css"):
            exports[name] = ["default"]
            parts.append(f"const {_variable(name)} = {{ default: {json.dumps(text)} }};\n")
            return
        for found in _IMPORT.finditer(text):
            visit(found["file"], (*path, name))
        names, body = _unwrap(name, text)
        exports[name] = names
        parts.append(
            f"// {name}\n"
            f"const {_variable(name)} = (() => {{\n"
            f"{body}\n"
            f"return {{ {', '.join(names)} }};\n"
            "})();\n"
        )

    visit(entry, ())
    parts.append(f"export default {_variable(entry)}.default;\n")
    return "\n".join(parts)


def _unwrap(name: str, text: str) -> tuple[list[str], str]:
    """The exported names of a module and its body with imports and exports spelled as constants."""

    def bind(found: re.Match[str]) -> str:
        names = found["names"].replace(" as ", ": ")
        names = names if names.startswith("{") else f"{{ default: {names} }}"
        return f"const {names} = {_variable(found['file'])};\n"

    names = [
        f"default: {found['name']}" if found["default"] else found["name"]
        for found in _EXPORT.finditer(text)
    ]
    body = _EXPORT.sub("", _IMPORT.sub(bind, text))
    if odd := _LEFT_OVER.search(body):
        raise ValueError(f"{name}: cannot join {odd[0]!r}; see the forms the other files use")
    return names, body


def _variable(file: str) -> str:
    return "$" + re.sub(r"\W", "_", file.removesuffix(".mjs"))
