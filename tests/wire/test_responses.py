"""Frames of the Responses API become events, stored as they came."""

import json
from contextlib import suppress

import orjson
import pytest
from hypothesis import given, settings, strategies as st

from workbench.errors import MalformedEvent
from workbench.events import Fact
from workbench.wire import responses
from workbench.wire.translate import ResponsesTranslator

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def test_what_arrived_is_stored_byte_for_byte() -> None:
    data = b'{"type": "response.output_text.delta",  "delta":"\\u00e9", "new_field": [1.50]}'
    stored, event = responses.read(data)
    assert stored == data
    assert event["delta"] == "é"
    assert event["new_field"] == [1.5]


def test_unknown_types_and_missing_numbers_are_events() -> None:
    assert responses.decode('{"type":"keepalive"}') == {"type": "keepalive"}


def test_pretty_printed_json_is_stored_on_one_line() -> None:
    stored, event = responses.read(b'{\n  "type": "x",\n  "delta": "a\\nb"\n}')
    assert b"\n" not in stored
    assert orjson.loads(stored) == event == {"type": "x", "delta": "a\nb"}


@pytest.mark.parametrize(
    ("data", "field", "value"),
    [
        (rb'{"type":"x","delta":"a\ud83d"}', "delta", "a�"),
        (rb'{"type":"x","delta":"\ude00b"}', "delta", "�b"),
        (rb'{"type":"x","delta":"\ud83d\ude00"}', "delta", "😀"),
        (b'{"type":"x","delta":NaN}', "delta", None),
        (b'{"type":"x","delta":-Infinity}', "delta", None),
        (b'{"type":"x","delta":1e999}', "delta", None),
        (b'{"type":"x","delta":' + b"9" * 5000 + b"}", "delta", None),
        (b'{"type":"x","delta":"\xff"}', "delta", "�"),
        (b'{"type":"x","delta":1,"delta":2}', "delta", 2),
    ],
)
def test_json_that_only_some_parsers_read_is_mended(data: bytes, field: str, value: object) -> None:
    stored, event = responses.read(data)
    assert event[field] == value
    assert orjson.loads(stored) == event


def test_mended_json_keeps_the_text_as_it_came() -> None:
    data = rb'{"type":"x","delta":"\ud83d","workbench":{"filled":true}}'
    _, event = responses.read(data)
    assert event["workbench"] == {"filled": True, "raw": data.decode()}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<html>busy</html>", "no JSON"),
        (b'{"type":"x"', "no JSON"),
        (b"[1]", "an array"),
        (b"null", "null"),
        (b'"text"', "a string"),
        (b"17", "a number"),
        (b"true", "a boolean"),
        (b"{}", "without a type"),
        (b'{"type":7}', "without a type"),
        (b'{"type":"workbench.run.completed"}', "only the workbench writes"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_what_holds_no_event_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(MalformedEvent, match=why):
        responses.read(data)


def test_an_object_without_a_type_is_named_by_its_frame_or_its_error() -> None:
    assert responses.read(b'{"delta":"a"}', b"response.output_text.delta").event == {
        "type": "response.output_text.delta",
        "delta": "a",
        "workbench": {"raw": '{"delta":"a"}'},
    }
    came = '{"error":{"code":503}}'
    stored, event = responses.read(came.encode())
    assert event == {"type": "error", "error": {"code": 503}, "workbench": {"raw": came}}
    assert orjson.loads(stored) == event
    assert responses.read(b'{"error":NaN,"a":1}', b"x").event["workbench"] == {
        "raw": '{"error":NaN,"a":1}'
    }


def test_garbage_is_found_again_in_the_log() -> None:
    translator = ResponsesTranslator()
    stream = b'data: <html>\n\ndata: {"type":"x"}\n\ndata: [DONE]\n\n'
    garbage, event = (one.event for one in translator.feed(stream))
    assert garbage["type"] == Fact.GARBLED
    assert garbage["data"] == "<html>"
    assert "no JSON" in garbage["reason"]
    assert event == {"type": "x"}
    assert translator.frames == 3


def test_megabytes_of_garbage_leave_only_their_beginning() -> None:
    event = responses.garbled(b"x" * 5_000_000, "noise").event
    assert len(event["data"]) < 10_000
    assert event["characters"] == 5_000_000


def test_the_end_of_the_bytes_is_no_event() -> None:
    translator = ResponsesTranslator()
    assert translator.feed(b'data: {"type":"response.completed"}\n') == []
    assert translator.finish() == []


@settings(max_examples=300)
@given(JSON, st.booleans())
def test_whatever_python_reads_is_stored_as_json_that_orjson_reads(
    value: object, ascii_only: bool
) -> None:
    text = json.dumps({"type": "x", "value": value}, ensure_ascii=ascii_only)
    stored, event = responses.read(text.encode("utf-8", "surrogatepass"))
    assert b"\n" not in stored
    assert orjson.loads(stored) == event
    assert event["type"] == "x"


@given(st.binary(max_size=60))
def test_any_bytes_are_an_event_or_malformed(data: bytes) -> None:
    with suppress(MalformedEvent):
        responses.read(data)
