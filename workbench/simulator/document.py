"""A YAML document read strictly: every complaint names its file, line and field."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from workbench.errors import InvalidScenario

__all__ = ["Field", "open_document"]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Field:
    """One node of the document, which knows where it stands."""

    file: str
    path: str
    node: yaml.Node

    def fail(self, why: str) -> NoReturn:
        where = f"{self.file}, line {self.node.start_mark.line + 1}"
        raise InvalidScenario(f"{where}, {self.path or 'document'}: {why}")

    def mapping(self, known: Collection[str], required: Collection[str] = ()) -> dict[str, "Field"]:
        """The fields of a mapping, refusing those that no rule knows."""
        fields = self.entries()
        for name, field in fields.items():
            if name not in known:
                field.fail(f"unknown field; known are {', '.join(known)}")
        for name in required:
            if name not in fields:
                self.fail(f"the field {name} is missing")
        return fields

    def entries(self) -> dict[str, "Field"]:
        if not isinstance(self.node, yaml.MappingNode):
            self.fail("expected a mapping")
        fields: dict[str, Field] = {}
        for key, value in self.node.value:
            name = str(key.value)
            path = f"{self.path}.{name}" if self.path else name
            if name in fields:
                Field(self.file, path, key).fail("the field is given twice")
            fields[name] = Field(self.file, path, value)
        return fields

    def items(self) -> list["Field"]:
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail("expected a list")
        return [
            Field(self.file, f"{self.path}[{index}]", node)
            for index, node in enumerate(self.node.value)
        ]

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    def value(self) -> Any:
        """The node as plain Python values, of the kinds that JSON has."""
        try:
            value = yaml.constructor.SafeConstructor().construct_document(self.node)
            json.dumps(value, allow_nan=False)
        except yaml.MarkedYAMLError as error:
            self.fail(f"not understood: {error.problem}")
        except (TypeError, ValueError) as error:
            self.fail(f"JSON has no such value: {error}")
        return value

    def text(self) -> str:
        value = self.value()
        if not isinstance(value, str) or not value.strip():
            self.fail(f"expected text, got {value!r}")
        return value

    def number(self, *, least: float = 0.0) -> float:
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(f"expected a number, got {value!r}")
        if value < least:
            self.fail(f"expected at least {least:g}, got {value!r}")
        return float(value)

    def whole(self, *, least: int = 0) -> int:
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(f"expected a whole number, got {value!r}")
        if value < least:
            self.fail(f"expected at least {least}, got {value}")
        return value

    def choice(self, options: Collection[str]) -> str:
        value = self.value()
        if value not in options:
            self.fail(f"expected one of {', '.join(options)}, got {value!r}")
        return str(value)


def open_document(file: str, text: str) -> Field:
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidScenario(
            f"{file}, line {line}: not YAML: {error.problem or error.context}"
        ) from error
    except yaml.YAMLError as error:
        reason = str(error).partition("\n")[0]
        raise InvalidScenario(f"{file}: not YAML: {reason}") from error
    if node is None:
        raise InvalidScenario(f"{file}, line 1: the file is empty")
    return Field(file, "", node)
