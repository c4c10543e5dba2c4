"""Answers made up for a schema: valid for it, whatever it is."""

import json
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings, strategies as st
from pydantic import BaseModel, Field

from tests.support.asking import ask
from workbench.simulator.app import Application, Options
from workbench.simulator.improvise import sample


class Colour(Enum):
    BLUE = "blue"
    TILE = "tile"


class Day(BaseModel):
    on: date
    plan: str = Field(min_length=30, max_length=40)
    hours: Annotated[int, Field(ge=4, le=9)]
    tags: set[str]


class Week(BaseModel):
    days: list[Day] = Field(min_length=3)
    colour: Colour
    after: "Week | None"
    place: tuple[float, float]
    mood: Literal["slow", "slower"]
    note: str | None
    even: Annotated[int, Field(gt=3, multiple_of=2)]


class Node(BaseModel):
    name: str
    children: "list[Node]"


@pytest.mark.parametrize("model", [Day, Week, Node])
def test_a_sample_is_valid_for_its_model(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    model.model_validate(sample(schema, schema))


def test_a_schema_that_demands_itself_ends_somewhere() -> None:
    schema = {"$ref": "#/$defs/x", "$defs": {"x": {"properties": {"x": {"$ref": "#/$defs/x"}}}}}
    assert "x" in sample(schema, schema)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "role", "content", "format", "name", "call_id", "properties"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
FACETS = [
    "type", "properties", "items", "prefixItems", "enum", "anyOf", "minimum", "maximum",
    "multipleOf", "minItems", "maxItems", "minLength", "maxLength", "format", "title", "$ref",
    "uniqueItems",
]  # fmt: skip
SCHEMA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["object", "array", "string", "integer", "null", "#", "#/x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FACETS), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(SCHEMA)
def test_no_schema_is_too_strange(schema: Any) -> None:
    json.dumps(sample(schema, schema))


NAMES = [
    "model", "input", "messages", "stream", "background", "metadata", "tools", "text", "reasoning",
    "response_format", "stream_options", "instructions", "previous_response_id", "tool_choice",
    "max_output_tokens", "max_tokens", "store", "include",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5), st.booleans())
def test_whatever_is_asked_is_answered(body: dict[str, Any], chat: bool) -> None:
    asked = {"model": "sim", "input": "x", "messages": [{"role": "user", "content": "x"}], **body}
    path = "/v1/chat/completions" if chat else "/v1/responses"
    answer = ask(Application(Options(speed=0)), "POST", path, asked)
    assert answer.status in (200, 400, 404)
    assert answer.bytes
