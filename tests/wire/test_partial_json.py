"""JSON that is still arriving: the value so far, and the place where it stops being JSON."""

import json
import re
from itertools import pairwise
from typing import Any, NoReturn

import jiter
import pytest
from hypothesis import given, settings, strategies as st

from workbench.errors import MalformedJson
from workbench.wire.partial_json import MAX_DEPTH, PartialJson

SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab\\" é😀'), inner),
    max_leaves=15,
)
TEXTS = st.builds(
    lambda value, ascii_only, indent: json.dumps(value, ensure_ascii=ascii_only, indent=indent),
    JSON,
    st.booleans(),
    st.sampled_from([None, 1]),
)
SOUP = st.lists(
    st.sampled_from(
        '{ } [ ] , : "a" "b" "\\" \\" \\u00e9 \\ud83d \\ude00 \\x 1 -1 01 1. 1.5e3 -0 e tru true '
        "null NaN false \t a \0 é".split(" ")
    )
    | st.sampled_from([" ", "\n", '"']),
    max_size=14,
).map("".join)
TRAILING_NUMBER = re.compile(r"(-?[0-9][-+.0-9eE]*|-)\Z")


def read(*pieces: str) -> PartialJson:
    machine = PartialJson()
    for piece in pieces:
        machine.feed(piece)
    return machine


def cut(text: str, cuts: list[int]) -> list[str]:
    edges = [0, *sorted(c % (len(text) + 1) for c in cuts), len(text)]
    return [text[a:b] for a, b in pairwise(edges)]


def outcome(*pieces: str) -> tuple[str, Any]:
    machine = PartialJson()
    try:
        for piece in pieces:
            machine.feed(piece)
        return "value", machine.finish()
    except MalformedJson as error:
        return "refused", error.at


@given(TEXTS, st.lists(st.integers(0, 400), max_size=8))
def test_a_whole_text_reads_as_json_does_wherever_it_is_cut(text: str, cuts: list[int]) -> None:
    assert read(*cut(text, cuts)).finish() == json.loads(text)
    assert read(*text).finish() == json.loads(text)


@settings(max_examples=150)
@given(TEXTS)
def test_every_prefix_shows_what_has_arrived(text: str) -> None:
    machine = PartialJson()
    for end, character in enumerate(text, 1):
        machine.feed(character)
        prefix = text[:end]
        if not machine._pieces:
            prefix = TRAILING_NUMBER.sub("", prefix)
        try:
            expected = jiter.from_json(prefix.encode(), partial_mode="trailing-strings")
        except ValueError:  # nothing but space, or half a literal
            expected = None
        assert machine.value == expected


@settings(max_examples=400)
@given(SOUP, st.lists(st.integers(0, 60), max_size=5))
def test_it_reads_exactly_the_texts_that_are_json(text: str, cuts: list[int]) -> None:
    def refuse(name: str) -> NoReturn:
        raise ValueError(name)

    try:
        expected = json.loads(text, parse_constant=refuse)
    except ValueError:
        assert outcome(text)[0] == "refused"
    else:
        plain = json.dumps(expected, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
        assert outcome(text) == ("value", json.loads(plain.decode("utf-16-le", "replace")))
    assert outcome(*cut(text, cuts)) == outcome(text)


@pytest.mark.parametrize(
    ("text", "at", "sentence"),
    [
        ("{'a': 1}", 1, 'wanted a key in quotes at character 1, got "\'"'),
        ('{"a" 1}', 5, "wanted a colon at character 5, got '1'"),
        ('{"a": }', 6, "wanted a value at character 6, got '}'"),
        ("[1 2]", 3, "wanted a comma or the end of the array at character 3, got '2'"),
        ('{"a":1]', 6, "wanted a comma or the end of the object at character 6, got ']'"),
        ("[01]", 1, "wanted a number before character 3, got '01'"),
        ("[trux]", 4, "wanted true, false or null at character 4, got 'x'"),
        ('["\\x"]', 3, "wanted an escape at character 3, got 'x'"),
        ('["\\u12g4"]', 6, "wanted four hexadecimal digits at character 6, got 'g'"),
        ('["a\nb"]', 3, "wanted an escape for a control character at character 3, got '\\n'"),
        ("{} x", 3, "wanted the end of the text at character 3, got 'x'"),
        ("[NaN]", 1, "wanted a value at character 1, got 'N'"),
    ],
)
@pytest.mark.parametrize("piecewise", [False, True])
def test_an_error_says_where(text: str, at: int, sentence: str, piecewise: bool) -> None:
    with pytest.raises(MalformedJson) as caught:
        read(*(text if piecewise else [text]))
    assert (caught.value.at, str(caught.value)) == (at, sentence)


@pytest.mark.parametrize("text", ["", " ", "[1", '"a', '{"a"', "tru", "-", "1.", '["\\ud83d'])
def test_an_end_before_the_end_is_refused(text: str) -> None:
    with pytest.raises(MalformedJson):
        read(text).finish()


def test_a_broken_text_stays_broken_and_keeps_its_value() -> None:
    machine = read('{"a": [1, ')
    for _ in range(2):
        with pytest.raises(MalformedJson, match="character 10"):
            machine.feed("x")
    with pytest.raises(MalformedJson, match="character 10"):
        machine.finish()
    assert machine.value == {"a": [1]}


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), (" -1.5e2 ", -150.0), ("true", True), ("null", None), ('"a"', "a")],
)
def test_a_scalar_alone_is_a_value(text: str, value: object) -> None:
    assert read(text).finish() == value
    assert read(*text).finish() == value


def test_a_number_shows_once_its_end_is_known() -> None:
    machine = read("[12")
    assert machine.value == []
    machine.feed("3,")
    assert machine.value == [123]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r'"a\ud83d', "a"),
        (r'"a\ud83d\u', "a"),
        (r'"a\ud83d\ude00', "a😀"),
        (r'"a\ud83db', "a�b"),
        (r'"a\ud83d\n', "a�\n"),
        (r'"a\ud83d\ud83d\ude00', "a�😀"),
        (r'"a\ude00', "a�"),
        (r'"a\ud83d"', "a�"),
    ],
)
def test_half_of_a_surrogate_pair_waits_for_the_other(text: str, shown: str) -> None:
    assert read(*text).value == shown
    assert read(text).value == shown


def test_depth_has_a_bound() -> None:
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH).is_complete
    with pytest.raises(MalformedJson, match=f"deeper than {MAX_DEPTH} levels"):
        read("[" * (MAX_DEPTH + 1))


def test_members_are_counted_when_they_are_whole() -> None:
    machine = PartialJson()
    counts = []
    for piece in ['{"parts": [', '{"title": "a', '"}', ', {"title": "b"', "}", ', "c', '"', "]}"]:
        machine.feed(piece)
        counts.append((machine.finished("parts"), machine.finished()))
    assert counts == [(0, 0), (0, 0), (1, 0), (1, 0), (2, 0), (2, 0), (3, 0), (3, 1)]
    assert machine.finished("nowhere", 3) == 0


def test_the_growing_place_has_a_path() -> None:
    machine = PartialJson()
    paths = []
    for piece in ['{"parts": [1, {"title": "a', '"', "}]}"]:
        machine.feed(piece)
        paths.append(machine.open_path)
    assert paths == [("parts", 1, "title"), ("parts", 1), ()]


def test_reading_is_linear_in_pieces_held() -> None:
    machine = read('"', *(["word "] * 1000))
    assert len(machine._pieces) == 1001
    assert machine.value == "word " * 1000
    assert len(machine._pieces) == 1
