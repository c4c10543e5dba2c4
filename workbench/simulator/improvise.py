"""A scenario made up for a request that brings its own schema or functions.

A client that tries structured output or tools with its own types gets an answer that fits them:
JSON that is valid for the schema, or one call of the first function and then what it returned.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

from workbench.simulator.scenario import Scenario
from workbench.simulator.steps import Outcome, Step, Timing, Turn

__all__ = ["IMPROVISED", "can_improvise", "improvised", "sample"]

IMPROVISED: Final = "improvised"
_DEEPEST = 6  # below, the shortest value that is still valid
_LONGEST = 1000  # whatever a schema demands
_ABYSS = 14  # a schema that demands itself has no value
_FORMATS: Final[Mapping[str, str]] = {
    "date": "2026-05-01",
    "date-time": "2026-05-01T09:30:00Z",
    "time": "09:30:00",
    "duration": "PT45M",
    "email": "reader@example.com",
    "uri": "https://example.com/",
    "uuid": "6f1c2b9e-0d5a-4c57-9a3b-2f1f5a7f0c11",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}


def can_improvise(body: Mapping[str, Any]) -> bool:
    return _schema(body) is not None or _function(body) is not None


def improvised(body: Mapping[str, Any]) -> Scenario:
    """Equal schemas and functions give the same scenario object."""
    facts = {"schema": _schema(body), "function": _function(body)}
    return _improvised(orjson.dumps(facts))


@lru_cache(maxsize=64)
def _improvised(facts: bytes) -> Scenario:
    known = orjson.loads(facts)
    turns = []
    if function := known["function"]:
        arguments = sample(function.get("parameters") or {}, function.get("parameters") or {})
        call = {"name": function["name"], "arguments": arguments}
        turns.append(_turn(Step(kind="function_call", values=call)))
    if (schema := known["schema"]) is not None:
        turns.append(_turn(Step(kind="text", values={"json": sample(schema, schema)})))
    else:
        body = "Here is what the function returned:\n\n{{output}}"
        turns.append(_turn(Step(kind="text", values={"body": body}), frozenset({"output"})))
    return Scenario(
        name=IMPROVISED,
        title="Made up for the request",
        description="Answers a schema or a function that no scenario knows.",
        turns=tuple(turns),
    )


def _turn(step: Step, variables: frozenset[str] = frozenset()) -> Turn:
    return Turn(timing=Timing(), steps=(step,), ending=Outcome(), variables=variables)


def _schema(body: Mapping[str, Any]) -> Any:
    """The JSON schema of a structured output, as either API carries it."""
    given = (body.get("text") or {}).get("format") or body.get("response_format") or {}
    if not isinstance(given, dict) or given.get("type") != "json_schema":
        return None
    return given.get("schema") or (given.get("json_schema") or {}).get("schema") or {}


def _function(body: Mapping[str, Any]) -> Any:
    if body.get("tool_choice") == "none":
        return None
    for tool in body.get("tools") or []:
        if isinstance(tool, dict) and tool.get("type") == "function":
            function = tool.get("function") or tool
            return {name: function.get(name) for name in ("name", "parameters")}
    return None


def sample(schema: Any, root: Any, depth: int = 0) -> Any:
    """A value that is valid for the schema: the first choice everywhere, two items in a list."""
    if not isinstance(schema, dict) or depth > _ABYSS:
        return None
    if reference := schema.get("$ref"):
        return sample(_resolve(reference, root), root, depth + 1)
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if choices := _several(schema.get("enum")):
        return choices[0]
    for name in ("anyOf", "oneOf", "allOf"):
        if options := _several(schema.get(name)):
            simplest = options if depth < _DEEPEST else sorted(options, key=_is_nested)
            return sample(simplest[0], root, depth + 1)
    return _by_type(schema, root, depth)


def _by_type(schema: dict[str, Any], root: Any, depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    match kind:
        case "object":
            properties = schema.get("properties")
            properties = properties if isinstance(properties, dict) else {}
            return {name: sample(each, root, depth + 1) for name, each in properties.items()}
        case "array":
            return _list(schema, root, depth)
        case "integer" | "number":
            above = _limit(schema, "exclusiveMinimum", 0) + 1
            least, step = _limit(schema, "minimum", above), _limit(schema, "multipleOf", 1)
            return min(-(-least // (step or 1)) * (step or 1), _limit(schema, "maximum", math.inf))
        case "boolean":
            return True
        case "null":
            return None
    return _word(schema)


def _list(schema: dict[str, Any], root: Any, depth: int) -> list[Any]:
    first = [sample(each, root, depth + 1) for each in _several(schema.get("prefixItems"))]
    wanted = 1 if schema.get("uniqueItems") else 2
    wanted = 0 if depth >= _DEEPEST else min(wanted, int(_limit(schema, "maxItems", wanted)))
    fewest = min(int(_limit(schema, "minItems", 0)), _LONGEST)
    more = max(wanted, fewest) - len(first) if "items" in schema else 0
    return first + [sample(schema["items"], root, depth + 1) for _ in range(more)]


def _word(schema: dict[str, Any]) -> str:
    if (form := str(schema.get("format"))) in _FORMATS:
        return _FORMATS[form]
    word = str(schema.get("title") or schema.get("description") or "an example")
    word = word.ljust(min(int(_limit(schema, "minLength", 0)), _LONGEST), ".")
    return word[: int(_limit(schema, "maxLength", len(word)))]


def _limit(schema: dict[str, Any], name: str, otherwise: float) -> float:
    """A number of the schema; one that makes no sense is as good as none."""
    value = schema.get(name, otherwise)
    sensible = isinstance(value, int | float) and not isinstance(value, bool)
    return value if sensible else otherwise


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_nested(schema: Any) -> bool:
    return isinstance(schema, dict) and ("$ref" in schema or "properties" in schema)


def _resolve(reference: str, root: Any) -> Any:
    found = root
    for part in str(reference).removeprefix("#").strip("/").split("/"):
        if part:
            name = part.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
    return found
