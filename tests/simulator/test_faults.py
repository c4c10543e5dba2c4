"""Faults as text, as a dict and as a value: the same thing three ways."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from workbench.errors import InvalidFault
from workbench.simulator.fault_kinds import KINDS, Option
from workbench.simulator.faults import REQUESTS, Fault, Place, Value, faults_text, parse

DURATIONS = st.one_of(st.just(0.0), st.floats(1e-6, 86_400), st.integers(1, 5000).map(float))
COUNTS = st.integers(1, 999_999_999)


def values(option: Option) -> st.SearchStrategy[Value]:
    match option.unit:
        case "seconds":
            return DURATIONS
        case "count":
            return COUNTS
        case "item or response":
            return st.sampled_from(["item", "response"])
        case "text":
            return st.from_regex(r"[A-Za-z0-9:.+_-]{1,12}", fullmatch=True)


def places(name: str) -> st.SearchStrategy[Place]:
    match name:
        case "after":
            return DURATIONS.map(lambda at: Place("after", at))
        case "event" | "byte" | "frame" | "character":
            return COUNTS.map(lambda at: Place(name, at))
        case _:
            return st.just(Place(name))


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    name = draw(st.sampled_from(sorted(KINDS)))
    kind = KINDS[name]
    given_options = [option for option in kind.options if draw(st.booleans())]
    # A bare value is always the first, so an order that skips it is written with names.
    where = st.sampled_from(sorted(kind.places)).flatmap(places) if kind.places else st.none()
    first = draw(COUNTS)
    last = draw(st.none() | st.integers(first, 999_999_999))
    return Fault(
        kind=name,
        options=tuple((option.name, draw(values(option))) for option in given_options),
        on=draw(st.none() | st.sampled_from(REQUESTS)),
        place=draw(st.none() | where),
        connections=draw(st.none() | st.just((first, last))),
    )


@given(st.lists(faults(), max_size=4))
@settings(max_examples=300)
def test_what_is_written_is_read_back(several: list[Fault]) -> None:
    assert parse(faults_text(several)) == tuple(several)


@given(faults())
@settings(max_examples=300)
def test_a_dict_is_read_back_through_json(fault: Fault) -> None:
    assert Fault.from_dict(json.loads(json.dumps(fault.to_dict()))) == fault


@given(st.text(alphabet="cutstallevent random:@#();,=0123456789.- \n", max_size=30))
@settings(max_examples=300)
def test_any_text_is_faults_or_an_error_that_shows_where(text: str) -> None:
    found = complaint = None
    try:
        found = parse(text)
    except InvalidFault as error:
        complaint = str(error)
    if found is not None:
        assert parse(faults_text(found)) == found
    else:
        assert "^" in str(complaint).splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("cut@event:40", Fault(kind="cut", place=Place("event", 40))),
        ("stall@3s#2", Fault(kind="stall", place=Place("after", 3.0), connections=(2, 2))),
        ("stall(250ms)#every",
         Fault(kind="stall", options=(("seconds", 0.25),), connections=(1, None))),
        ("429(retry-after=2)@create",
         Fault(kind="429", options=(("retry-after", "2"),), on="create")),
        ("cut@resume@byte:100#1-3",
         Fault(kind="cut", on="resume", place=Place("byte", 100), connections=(1, 3))),
        ("trickle(1,every=5ms)@created",
         Fault(kind="trickle", options=(("bytes", 1), ("every", 0.005)), place=Place("created"))),
        ("expire#2-", Fault(kind="expire", connections=(2, None))),
    ],
)  # fmt: skip
def test_the_text_form_is_short_and_canonical(text: str, fault: Fault) -> None:
    assert parse(text) == (fault,)
    assert str(fault) == text


def test_faults_are_joined_by_semicolons_or_commas_with_any_space() -> None:
    assert parse("cut@event:1;reset@end") == parse(" cut@event:1 ,\n reset@end; ")
    assert parse("") == ()


@pytest.mark.parametrize(
    ("text", "message", "caret_at"),
    [
        ("cut@event:4; cutt@3s", "unknown fault 'cutt'; did you mean 'cut'?", "cutt"),
        ("cut@event", "event needs a number, such as event:4", "event"),
        ("cut@somewhere", "unknown place", "somewhere"),
        ("bom@event:3", "bom takes no place", "event:3"),
        ("duplicate@byte:3", "duplicate cannot be at byte:3; its places: event, last", "byte:3"),
        ("cut@event:1@byte:2", "a fault has one place", "byte:2"),
        ("stall(soon)", "seconds is a time, such as 5s or 250ms, not 'soon'", "soon"),
        ("cut(3)", "cut takes no options", "3"),
        ("429(after=3)", "429 has no such option 'after'", "3"),
        ("cut@event:4#x", "expected connections after '#'", "x"),
        ("cut#3-2", "end before they begin", "3-2"),
        ("cut@event:4 reset", "expected ';' between two faults", "r"),
        ("cut@", "expected a place after '@'", "@"),
        ("random", "random needs a seed, such as random:42", "random"),
        ("random:1:2:3", "expected random:SEED or random:SEED:EVENTS", "1:2:3"),
        ("random:1:" + "9" * 30, "expected random:SEED or random:SEED:EVENTS", "1:" + "9" * 30),
        ("random:" + "9" * 5000, "expected random:SEED or random:SEED:EVENTS", "9" * 5000),
        ("429(☃)", "retry-after is plain text without spaces, not '☃'", "☃"),
        ("frame@x", "unknown fault", "frame"),
        ("cut@frame:0", "frame is counted from 1", "frame:0"),
    ],
)
def test_a_wrong_fault_is_refused_with_the_place_in_the_text(
    text: str, message: str, caret_at: str
) -> None:
    with pytest.raises(InvalidFault) as caught:
        parse(text)
    said, line, caret = str(caught.value).split("\n")
    assert message in said
    at = caret.index("^")
    assert line[at : at + caret.count("^")] == caret_at


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "cut", "where": "event"},
        {"kind": "cut", "place": "event"},
        {"kind": "cut", "place": "event", "at": True},
        {"kind": "cut", "at": 4},
        {"kind": "rotate", "options": {"what": ["item"]}},
        {"kind": "429", "options": {"retry-after": "1\r\nset-cookie: x"}},
        {"kind": "cut", "options": [1]},
        {"kind": "cut", "connections": [0, 1]},
        {"kind": "cut", "connections": 3},
        {"kind": "stall", "options": {"seconds": -1}},
        {"kind": "cut", "on": "delete"},
    ],
)
def test_a_wrong_dict_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(InvalidFault):
        Fault.from_dict(data)


@given(st.integers(0, 2**64))
@settings(max_examples=200)
def test_a_seed_gives_valid_faults_and_always_the_same(seed: int) -> None:
    drawn = parse(f"random:{seed}")
    assert 1 <= len(drawn) <= 4
    assert parse(f"random:{seed}") == drawn
    assert parse(faults_text(drawn)) == drawn


def test_a_seed_means_the_same_on_every_machine() -> None:
    assert faults_text(parse("random:42")) == (
        "buffer(20ms)#1;429(retry-after=0)@create;stall(20ms)@last;crlf"
    )


def test_places_follow_the_number_of_events() -> None:
    places = [
        fault.place.at
        for seed in range(300)
        for fault in parse(f"random:{seed}:9")
        if fault.place is not None and fault.place.name == "event"
    ]
    assert max(int(at or 0) for at in places) <= 9
    assert {2, 5, 9} <= set(places)
