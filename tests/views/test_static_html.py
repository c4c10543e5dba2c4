"""A run as a still picture: small, plain, and text where a model wrote it."""

from html.parser import HTMLParser

from hypothesis import given, strategies as st

from tests.support.long_run import entries_of, eventful_run
from workbench.events import Entry
from workbench.views.static_html import LONGEST, card, lanes, visible

ENTRIES = entries_of(eventful_run())
ALLOWED = {"div", "p", "strong", "pre", "details", "summary", "code", "em"}
RUN = {
    "status": "completed",
    "model": "sim-reasoner",
    "provider": "simulator",
    "transport": "background",
    "cursor": 1234,
    "text": "A slow week.",
    "summaries": ["Reading the wish"],
    "tools": [{"name": "get_weather", "status": "completed", "arguments": '{"place":"Lisbon"}'}],
    "error": None,
}


class Seen(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_card_says_what_became_of_the_run() -> None:
    seen = Seen(card(RUN, ENTRIES))
    for words in ("Completed", "sim-reasoner", "cursor 1,234", "6.9 s", "Reasoning, 1 summary"):
        assert words in seen.text
    assert "get_weather" in seen.text
    assert "A slow week." in seen.text


def test_a_run_without_anything_yet_has_a_card_too() -> None:
    assert "Queued" in Seen(card({"status": "queued"})).text


def test_a_card_gives_a_verdict_when_there_is_one() -> None:
    told = {"sentence": "Exactly so.", "holds": None, "terminal": None}
    assert "Exactly so." not in Seen(card({**RUN, "seams": told})).text
    for verdict in ({"holds": True}, {"holds": False}, {"terminal": True}):
        assert "Exactly so." in Seen(card({**RUN, "seams": {**told, **verdict}})).text


def test_an_error_is_a_sentence() -> None:
    html = card({**RUN, "status": "failed", "error": {"code": "x", "message": "Too <many> runs."}})
    assert "Too <many> runs." in Seen(html).text


@given(text=st.text() | st.just('</pre><script>x</script><img src=x onerror="x">'))
def test_what_a_model_wrote_is_never_markup(text: str) -> None:
    run = {**RUN, "text": text, "summaries": [text], "model": text, "error": {"message": text}}
    tools = [{"name": text, "arguments": text, "status": text}]
    seen = Seen(card({**run, "tools": tools}, ENTRIES))
    assert seen.tags <= ALLOWED
    assert seen.attributes == {"style"}


def test_what_is_invisible_is_made_visible() -> None:
    assert visible("\x1b[31mred\u202e\x7f\n") == "␛[31mred⟨U+202E⟩␡\n"


def test_a_long_text_is_cut_and_says_so() -> None:
    html = card({**RUN, "text": "x" * (LONGEST + 1500)})
    assert "… 1,500 more characters" in html
    assert len(html) < LONGEST + 2000


def test_lanes_stand_in_the_order_of_time() -> None:
    drawn = dict(lanes(ENTRIES, width=40))
    assert list(drawn) == ["reasoning", "tools", "text", "faults"]
    first = {name: len(row) - len(row.lstrip()) for name, row in drawn.items()}
    assert first["reasoning"] < first["tools"] < first["text"] < first["faults"]
    assert all(len(row) <= 40 for row in drawn.values())


def test_lanes_of_nothing_are_none() -> None:
    assert lanes([]) == []
    assert lanes([Entry(1, 5.0, {"type": "response.output_text.delta", "delta": "x"})]) == []
